"""Search as a page and as JSON."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Episode, EpisodeState, Show
from app.services import transcripts
from tests.factories import WHEN, make_community, make_published, make_show


def make_found(session: Session, show: Show | None = None, **fields: object) -> Episode:
    """A public episode in the index."""
    episode = make_published(session, show, **fields)
    session.refresh(episode, ["transcript"])
    transcripts.index(session, episode)
    return episode


def test_a_sentence_is_found_and_leads_to_its_second(client: FlaskClient, session: Session) -> None:
    episode = make_found(session, make_show(session, slug="s"), slug="one")
    session.commit()
    answer = client.get("/search?q=bedside&format=json").get_json()

    assert answer == {
        "count": 1,
        "hits": [
            {
                "episode": str(episode.guid),
                "start_ms": 10_000,
                "text": "Falls went down after we moved the handover to the bedside.",
                "url": "http://127.0.0.1:8000/shows/s/one#t=10",
            }
        ],
    }


def test_the_page_marks_the_words_and_plays_from_there(client: FlaskClient, session: Session) -> None:
    make_found(session, make_show(session, slug="s"), slug="one")
    session.commit()
    page = client.get("/search?q=nurse").get_data(as_text=True)

    assert "<mark>nurses</mark>" in page
    assert "Play from 0:05" in page
    assert "1 result for nurse" in page


def test_titles_are_found_too(client: FlaskClient, session: Session) -> None:
    make_found(session, make_show(session, slug="s"), slug="one", title="Kingfishers")
    session.commit()
    answer = client.get("/search?q=kingfisher&format=json").get_json()

    assert [(hit["start_ms"], hit["text"]) for hit in answer["hits"]] == [(0, "Kingfishers")]
    assert answer["hits"][0]["url"].endswith("/shows/s/one#t=0")


@pytest.mark.parametrize("state", [EpisodeState.draft, EpisodeState.unpublished, EpisodeState.withdrawn])
def test_what_is_not_public_is_neither_shown_nor_counted(
    client: FlaskClient, session: Session, state: EpisodeState
) -> None:
    make_found(session).state = state
    session.commit()

    assert client.get("/search?q=bedside&format=json").get_json() == {"count": 0, "hits": []}


def test_a_community_and_a_show_narrow_the_search(client: FlaskClient, session: Session) -> None:
    ours, theirs = make_community(session, slug="ours"), make_community(session, slug="theirs")
    make_found(session, make_show(session, ours, slug="one"))
    make_found(session, make_show(session, ours, slug="two"))
    make_found(session, make_show(session, theirs, slug="three"))
    session.commit()

    def count(narrowed: str) -> int:
        return client.get(f"/search?q=bedside&format=json{narrowed}").get_json()["count"]

    assert [count(""), count("&community=ours"), count("&show=three"), count("&show=")] == [3, 2, 1, 3]


@pytest.mark.parametrize(
    "place",
    ["show=unknown", "show=binned", "show=draft", "community=unknown", "community=ours&show=unknown",
     "community=unknown&show=s", "show=a%00b", "show=" + "x" * 5000],
)  # fmt: skip
def test_a_place_that_is_not_there_has_no_hits(client: FlaskClient, session: Session, place: str) -> None:
    ours = make_community(session, slug="ours")
    make_found(session, make_show(session, ours, slug="s"))
    make_found(session, make_show(session, slug="binned")).show.deleted_at = WHEN
    make_show(session, slug="draft")
    session.commit()
    answer = client.get(f"/search?q=bedside&{place}")

    kind = "show" if "show=s" not in place and "show=" in place else "community"
    assert answer.status_code == 200
    assert f"There is no such {kind} here, or not any more." in answer.text
    assert '<a href="/search?q=bedside">Search everywhere for bedside</a>' in answer.text
    assert "<mark>" not in answer.text
    assert client.get(f"/search?q=bedside&{place}&format=json").get_json() == {"count": 0, "hits": []}
    assert "There is no such" in client.get(f"/search?{place}").text


def test_nothing_found_comes_with_advice(client: FlaskClient) -> None:
    page = client.get("/search?q=zebra").get_data(as_text=True)

    assert "No results for zebra" in page
    assert "fewer words" in page


def test_an_empty_search_asks_nothing(client: FlaskClient) -> None:
    response = client.get("/search")

    assert response.status_code == 200
    assert "No results" not in response.get_data(as_text=True)
    assert client.get("/search?format=json").get_json() == {"count": 0, "hits": []}


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "*",
        "-",
        '"""',
        "a" * 5000,
        "') OR 1=1 --",
        "NEAR(a b)",
        "<script>alert(1)</script>",
        "\x00",
        "🦊",
    ],
)
def test_nothing_that_people_type_breaks_it(client: FlaskClient, session: Session, typed: str) -> None:
    make_found(session)
    session.commit()
    response = client.get("/search", query_string={"q": typed})

    assert response.status_code == 200
    assert "<script>alert" not in response.get_data(as_text=True)


def test_many_hits_come_in_pages_whose_addresses_can_be_shared(client: FlaskClient, session: Session) -> None:
    said = tuple(f"Sentence {number} about falls." for number in range(45))
    make_found(session, make_show(session, slug="s"), slug="one", sentences=said)
    session.commit()
    first = client.get("/search?q=falls&show=s").get_data(as_text=True)
    starts = [
        hit["start_ms"]
        for page in (1, 2, 3)
        for hit in client.get(f"/search?q=falls&page={page}&format=json").get_json()["hits"]
    ]

    assert "Page 1 of 3" in first
    assert "page=2&amp;q=falls&amp;show=s" in first
    assert sorted(starts) == [number * 5000 for number in range(45)]


def test_a_slip_is_forgiven_and_said(client: FlaskClient, session: Session) -> None:
    make_found(session, make_show(session, slug="s"), slug="one")
    session.commit()
    page = client.get("/search?q=bedsied").text
    data = client.get("/search?q=bedsied&format=json").get_json()

    assert "Nothing was found for <strong>bedsied</strong>" in page
    assert "1 result for bedside" in page
    assert "<mark>bedside</mark>" in page
    assert (data["count"], data["did_you_mean"]) == (0, "bedside")


def test_a_person_and_days_narrow_it_down(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="s")
    one = make_found(session, show, published_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    two = make_found(session, show, published_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))  # 23:30 in London
    hosts = {"one": one.credits[0].person_id, "two": two.credits[0].person_id}
    guids = {str(one.guid): "one", str(two.guid): "two"}
    session.commit()

    for asked, found in (
        ("", ["one", "two"]),
        (f"&person={hosts['two']}", ["two"]),
        ("&since=2026-03-02", ["two"]),
        ("&until=2026-03-01", ["one"]),
        ("&since=1/7/2026&until=1.7.2026", ["two"]),
        ("&since=2026-07-02", []),
        (f"&person={hosts['one']}&since=2026-03-02", []),
        (f"&episode={one.guid}", ["one"]),
    ):
        hits = client.get(f"/search?q=bedside&format=json{asked}").get_json()["hits"]
        assert sorted({guids[hit["episode"]] for hit in hits}) == found, asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("person=x", ""),
        ("person=00000000-0000-0000-0000-000000000000", "There is no such person here"),
        ("episode=00000000-0000-0000-0000-000000000000", "There is no such episode here"),
        ("since=soon", "Enter days such as"),
        ("since=0001-01-01", "Enter days such as"),
        ("since=2026-03-02&until=2026-03-01", "The first day is after the last"),
    ],
)
def test_a_person_or_day_that_is_not_there_has_no_hits(
    client: FlaskClient, session: Session, asked: str, said: str
) -> None:
    make_found(session)
    session.commit()

    answer = client.get(f"/search?q=bedside&{asked}")
    assert (answer.status_code, said in answer.text) == (200, True)
    assert client.get(f"/search?q=bedside&{asked}&format=json").get_json()["count"] == 0


def test_all_places_in_one_episode_are_a_link_away(client: FlaskClient, session: Session) -> None:
    one, _ = make_found(session, title="The bedside"), make_found(session)
    guid, title = str(one.guid), one.title
    session.commit()

    everywhere = client.get("/search?q=bedside").text
    assert f'href="/search?q=bedside&amp;episode={guid}"' in everywhere
    assert everywhere.count("All places in this episode") == 1
    page = client.get(f"/search?q=bedside&episode={guid}").text
    assert f"2 results for bedside in “{title}”" in page
    assert "Search everywhere instead" in page
