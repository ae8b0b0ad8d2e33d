"""How many listened, in the studio: words, bars, a table, a file; and words where nobody has."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, Community, DayCount, Episode, EpisodeState, Listening, Show
from app.web.drawing import DAYS_HEIGHT, day_bars
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_episode,
    make_figures,
    make_membership,
    make_published,
    make_show,
)
from tests.web.signing import sign_in

TODAY = date(2026, 3, 2)


@pytest.fixture
def show(session: Session, client: FlaskClient) -> Show:
    """A show whose producer is signed in."""
    community: Community = make_community(session)
    account: Account = make_account(session)
    make_membership(session, account, community, "producer")
    made = make_show(session, community, slug="rounds", title="Rounds")
    session.commit()
    sign_in(client, account)
    return made


@pytest.fixture
def episode(session: Session, show: Show) -> Episode:
    """An episode with four weeks of listeners."""
    made = make_published(session, show, slug="one", title="Falls")
    make_figures(session, made, TODAY)
    session.commit()
    return made


def part(page: str) -> str:
    """The page's words about listeners, on one line."""
    found = re.search(r'<section class="box listeners".*?</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", found[0]) if found else ""


def test_an_episodes_page_says_it_in_numbers_bars_and_a_table(client: FlaskClient, episode: Episode) -> None:
    said = part(client.get(f"/studio/episodes/{episode.id}").text)

    assert "<strong>311</strong> downloads" in said
    assert "<strong>10</strong> plays on the page" in said
    assert "<strong>2</strong> transcript reads" in said
    named = "Downloads per day from 3 February 2026 to 2 March 2026: 311 in all."
    assert f'role="img" aria-label="{named}' in said
    assert "The most on one day: 63, on 2 March 2026." in said
    assert said.count("<rect") == 28
    assert said.count('<th scope="row">') == 28
    assert '2026-03-02">2 Mar</time></th><td>63</td><td>1</td><td>0</td>' in said
    assert "in these days 7 programs" in said
    assert "How this is counted" in said
    assert "Nobody has certified it." in said


def test_a_shows_page_adds_its_episodes_up_and_the_overview_names_it(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    other = make_published(session, episode.show)
    session.add(DayCount(day=TODAY, episode_id=other.id, kind=Listening.download, count=1))
    session.commit()
    said = part(client.get("/studio/shows/rounds").text)
    overview = re.sub(r"\s+", " ", client.get("/studio/").text)

    assert "all episodes together" in said
    assert "<strong>312</strong> downloads" in said
    assert "312 downloads, 10 plays on the page and 2 transcript reads" in overview
    assert 'href="/studio/shows/rounds#listeners"' in overview


def test_where_nobody_has_listened_that_is_said_in_words(
    client: FlaskClient, session: Session, show: Show
) -> None:
    new, draft = make_published(session, show), make_episode(session, show)
    session.commit()
    words = "Nobody has listened yet. Figures appear within a few minutes."

    for path in (f"episodes/{new.id}", "shows/rounds"):
        said = part(client.get(f"/studio/{path}").text)
        assert words in said
        assert "<svg" not in said
        assert ".csv" not in said
    assert part(client.get(f"/studio/episodes/{draft.id}").text) == ""
    assert "Nobody has listened in these days." in client.get("/studio/").text


def test_long_ago_is_not_never(client: FlaskClient, session: Session, show: Show) -> None:
    old = make_published(session, show)
    day = TODAY - timedelta(days=90)
    session.add(DayCount(day=day, episode_id=old.id, kind=Listening.download, count=4))
    session.commit()
    said = part(client.get(f"/studio/episodes/{old.id}").text)

    assert "Nobody listened in these days." in said
    assert "<svg" not in said
    assert "listeners.csv" in said


def test_plays_are_drawn_where_nobody_downloads(client: FlaskClient, session: Session, show: Show) -> None:
    made = make_published(session, show)
    session.add(DayCount(day=TODAY, episode_id=made.id, kind=Listening.play, count=1))
    session.commit()
    said = part(client.get(f"/studio/episodes/{made.id}").text)

    assert "Plays on the page per day" in said
    assert "<strong>1</strong> play on the page" in said


@pytest.mark.parametrize("state", [EpisodeState.unpublished, EpisodeState.withdrawn])
def test_an_episode_that_was_taken_back_keeps_its_figures(
    client: FlaskClient, session: Session, episode: Episode, state: EpisodeState
) -> None:
    episode.state, episode.withdrawn_at = state, WHEN
    session.commit()

    assert "<strong>311</strong> downloads" in part(client.get(f"/studio/episodes/{episode.id}").text)
    assert client.get(f"/studio/episodes/{episode.id}/listeners.csv").text.count("\r\n") == 29


def test_the_file_has_every_day_and_titles_are_never_formulas(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    day = TODAY - timedelta(days=400)
    session.add(DayCount(day=day, episode_id=episode.id, kind=Listening.read, count=2))
    episode.title = '=HYPERLINK("https://evil.example","Falls")'
    session.commit()
    answer = client.get(f"/studio/episodes/{episode.id}/listeners.csv")
    of_show = client.get("/studio/shows/rounds/listeners.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="listeners-one.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert rows(answer.data)[:2] == [
        ["Day (UTC)", "Downloads", "Plays on the page", "Transcript reads"],
        ["2025-01-26", "0", "0", "2"],
    ]
    assert rows(answer.data)[-1] == ["2026-03-02", "63", "1", "0"]
    assert rows(of_show.data)[0][:2] == ["Day (UTC)", "Episode"]
    assert {row[1] for row in rows(of_show.data)[1:]} == {"'" + episode.title}


def rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_bars_are_as_high_as_their_share_and_none_where_there_is_nothing() -> None:
    assert day_bars([0, 0]).bars == ()
    assert day_bars([]).width == 0
    drawn = day_bars([100, 0, 50, 1])

    assert [(x, height) for x, _, height in drawn.bars] == [
        (3, DAYS_HEIGHT),
        (43, DAYS_HEIGHT / 2),
        (63, 4.0),
    ]
    assert all(y + height == DAYS_HEIGHT for _, y, height in drawn.bars)
