"""Figures of the last four weeks and of all days, on both engines."""

from datetime import date, timedelta

import pytest

from app.db import Database
from app.models import DayCount, Episode, EpisodeState, Listening, Show
from app.services import figures
from app.services.figures import Day, Tally
from tests.factories import make_episode, make_show

TODAY = date(2026, 3, 2)


@pytest.fixture
def episodes(database: Database) -> tuple[Episode, Episode]:
    """Two episodes of one show."""
    with database.begin() as session:
        show = make_show(session)
        return make_episode(session, show, title="B"), make_episode(session, show, title="A")


def add(database: Database, episode: Episode, ago: int, kind: Listening, count: int) -> None:
    with database.begin() as session:
        day = TODAY - timedelta(days=ago)
        session.add(DayCount(day=day, episode_id=episode.id, kind=kind, count=count))


def test_four_weeks_are_shown_and_what_is_older_is_only_known_to_have_been(
    database: Database, episodes: tuple[Episode, Episode]
) -> None:
    one, _ = episodes
    with database.reading() as session:
        assert not figures.of_episode(session, one, TODAY).ever
    add(database, one, 28, Listening.download, 5)
    with database.reading() as session:
        found = figures.of_episode(session, one, TODAY)
    assert (found.ever, found.total, len(found.days)) == (True, Tally(), 28)

    add(database, one, 27, Listening.download, 4)
    add(database, one, 0, Listening.play, 1)
    add(database, one, 0, Listening.software, 9)
    with database.reading() as session:
        found = figures.of_episode(session, one, TODAY)
    assert found.days[0] == Day(TODAY - timedelta(days=27), Tally(downloads=4))
    assert found.days[-1] == Day(TODAY, Tally(plays=1))
    assert (found.total, found.software) == (Tally(4, 1, 0), 9)


def test_software_alone_is_nobody(database: Database, episodes: tuple[Episode, Episode]) -> None:
    add(database, episodes[0], 1, Listening.software, 9)

    with database.reading() as session:
        found = figures.of_episode(session, episodes[0], TODAY)
        assert figures.history_of_episode(session, episodes[0]) == []
        assert figures.by_show(session, [episodes[0].show_id], TODAY) == {}
    assert (found.ever, found.software) == (False, 9)


def test_a_show_has_what_its_episodes_have_whatever_became_of_them(
    database: Database, episodes: tuple[Episode, Episode]
) -> None:
    one, other = episodes
    with database.begin() as session:
        elsewhere = make_episode(session)
        session.get_one(Episode, one.id).state = EpisodeState.withdrawn
        silent = make_show(session)
    for episode, ago, count in ((one, 1, 2), (other, 1, 3), (one, 40, 9), (elsewhere, 1, 50)):
        add(database, episode, ago, Listening.download, count)
    add(database, other, 1, Listening.read, 1)

    with database.reading() as session:
        show = session.get_one(Show, one.show_id)
        found = figures.of_show(session, show.id, TODAY)
        sums = figures.by_show(session, [show.id, silent.id], TODAY)
        history = figures.history_of_show(session, show.id)
    yesterday = TODAY - timedelta(days=1)
    assert found.days[-2] == Day(yesterday, Tally(5, 0, 1))
    assert sums == {show.id: Tally(5, 0, 1)}
    assert history == [
        ("B", Day(TODAY - timedelta(days=40), Tally(downloads=9))),
        ("A", Day(yesterday, Tally(3, 0, 1))),
        ("B", Day(yesterday, Tally(downloads=2))),
    ]


def test_the_history_of_an_episode_has_its_days_in_order(
    database: Database, episodes: tuple[Episode, Episode]
) -> None:
    one, _ = episodes
    for ago, kind in ((0, Listening.play), (400, Listening.download), (400, Listening.read)):
        add(database, one, ago, kind, 1)

    with database.reading() as session:
        assert figures.history_of_episode(session, one) == [
            Day(TODAY - timedelta(days=400), Tally(1, 0, 1)),
            Day(TODAY, Tally(plays=1)),
        ]
