"""A served feed: what directories and apps ask of it over HTTP."""

import json
import uuid
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from app.backends import Backends
from app.models import (
    Chapter,
    Credit,
    CreditRole,
    Enclosure,
    Episode,
    Person,
    Season,
    Show,
)
from app.services import drafts, episodes, shows
from app.services.drafts import EpisodeFields
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_episode,
    make_published,
    make_show,
)
from tests.fakes import SetClock
from tests.feeds.reading import attributes, parse, texts

FEED = "/shows/rounds/feed.xml"
GOLDEN = Path(__file__).parent / "golden" / "feed.xml"
LATER = WHEN + timedelta(days=1)


@pytest.fixture
def show(session: Session, clock: SetClock) -> Show:
    """A show whose last change was a while ago."""
    made = make_show(session, slug="rounds", title="The Ward Round")
    make_published(session, made, title="One")
    session.commit()
    clock.move(minutes=1)
    return made


def test_a_feed_is_served_as_one(client: FlaskClient, show: Show) -> None:
    answer = client.get(FEED)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=60" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_head_says_what_get_would(client: FlaskClient, show: Show) -> None:
    head, whole = client.head(FEED), client.get(FEED)

    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
        assert head.headers[name] == whole.headers[name]


def test_who_has_it_gets_304(client: FlaskClient, show: Show) -> None:
    first = client.get(FEED)

    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
        {"If-None-Match": first.headers["ETag"], "If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    ):
        for method in ("GET", "HEAD"):
            again = client.open(FEED, method=method, headers=condition)
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert "Content-Length" not in again.headers


def test_a_change_is_seen_by_either_condition(client: FlaskClient, session: Session, show: Show) -> None:
    first = client.get(FEED)
    show.title = "The Night Round"
    shows.touch(show, LATER)
    session.commit()

    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(FEED, headers=condition)
        assert again.status_code == 200
        assert b"The Night Round" in again.data
        assert again.headers["ETag"] != first.headers["ETag"]


def test_two_changes_in_one_second_are_both_seen_by_who_asks_by_date(
    client: FlaskClient, session: Session, show: Show, clock: SetClock
) -> None:
    said = []
    for title, microsecond in (("The First Change", 100_000), ("The Second Change", 900_000)):
        clock.now = LATER.replace(microsecond=microsecond)
        show.title = title
        shows.touch(show, clock.now)
        session.commit()
        said.append(client.get(FEED, headers={"If-Modified-Since": http_date(LATER)}))
    clock.move(seconds=1)
    later = client.get(FEED)

    assert [answer.status_code for answer in said] == [200, 200]
    assert b"The Second Change" in said[1].data
    assert ["Last-Modified" in answer.headers for answer in (*said, later)] == [False, False, True]


def test_work_on_a_draft_does_not_show_in_the_feed(client: FlaskClient, session: Session, show: Show) -> None:
    draft = make_episode(session, show)
    session.commit()
    first = client.get(FEED)
    drafts.edit(session, draft, EpisodeFields("Nobody may know"), LATER)
    episodes.to_bin(session, draft, make_account(session, is_owner=True), LATER)
    session.commit()

    assert client.get(FEED, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_feed_says_the_same_moment_as_its_header(
    client: FlaskClient, session: Session, show: Show, clock: SetClock
) -> None:
    shows.touch(show, LATER.replace(microsecond=999_999))
    session.commit()
    clock.now = LATER + timedelta(minutes=1)
    answer = client.get(FEED)
    said = texts(parse(answer.data), "channel/lastBuildDate")[0]

    assert parsedate_to_datetime(said) == parsedate_to_datetime(answer.headers["Last-Modified"]) == LATER


def test_a_query_string_changes_nothing(client: FlaskClient, show: Show) -> None:
    plain = client.get(FEED)

    for query in ("?utm_source=x", "?format=json", "?page=2", "?" + "x" * 4000):
        asked = client.get(FEED + query)
        assert (asked.data, asked.headers["ETag"]) == (plain.data, plain.headers["ETag"])


def test_part_of_a_feed_can_be_asked_for(client: FlaskClient, show: Show) -> None:
    part = client.get(FEED, headers={"Range": "bytes=0-4"})

    assert (part.status_code, part.data) == (206, b"<?xml")


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x07\x1b[31m",
        "a\x0bb\x85c\u2028d",
        "\ud800\udfff",
        "]]>",
        "<&>\"'",
        "\ufffe\uffff",
        "e\u0301\u202e",
    ],
    ids=ascii,
)
def test_hostile_words_never_break_a_feed(
    client: FlaskClient, session: Session, show: Show, text: str
) -> None:
    text = text.encode("utf-8", "replace").decode()
    stored = text.replace("\x00", "")  # databases refuse it, the services take it out
    episode = session.scalars(sa.select(Episode)).one()
    show.title = show.description = show.author = show.copyright = f"x {stored}"
    episode.title = episode.summary = episode.notes = episode.content_note = f"x {stored}"
    episode.credits[0].person.public_name = f"x {stored}"
    episode.chapters.append(Chapter(start_ms=0, title=f"x {stored}"))
    season = Season(show=show, number=1, name=f"x {stored}")
    session.add(season)
    session.flush()
    episode.season_id = season.id
    shows.touch(show, LATER)
    session.commit()
    answer = client.get(FEED)

    assert answer.status_code == 200
    assert len(texts(parse(answer.data), "channel/item/title")) == 1
    assert json.loads(client.get(f"/chapters/{episode.guid}.json").data)["chapters"]
    parse(client.get("/opml").data)


def test_a_feed_is_rendered_once_a_revision(
    client: FlaskClient, session: Session, backends: Backends, show: Show
) -> None:
    client.get(FEED)
    statements = counted(backends)
    client.get(FEED)
    client.head(FEED)
    assert len(statements) == 2  # the show, to know its revision

    shows.touch(show, LATER)
    session.commit()
    del statements[:]
    client.get(FEED)
    assert len(statements) > 2


def counted(backends: Backends) -> list[str]:
    """The queries that are run from now on."""
    statements: list[str] = []

    @event.listens_for(backends.database.engine, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    return statements


def test_a_hundred_episodes_take_as_few_queries_as_ten(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    needed = []
    for slug, count in (("few", 10), ("many", 100)):
        made = make_show(session, slug=slug)
        for number in range(count):
            add_to(session, made, number)
        session.commit()
        statements = counted(backends)
        feed = parse(client.get(f"/shows/{slug}/feed.xml").data)
        needed.append(len(statements))
        assert len(feed.findall("channel/item")) == count

    assert needed[0] < 6
    assert needed[1] == needed[0]


def add_to(session: Session, show: Show, number: int) -> None:
    """A published episode with a host and chapters."""
    episode = make_published(
        session,
        show,
        title=f"Episode {number}",
        published_at=WHEN + timedelta(hours=number),
        sentences=("Good morning.",),
    )
    episode.chapters = [Chapter(start_ms=0, title="Beginning"), Chapter(start_ms=9000, title="End")]


def full_show(session: Session) -> Show:
    """Everything that a feed can say, at fixed times under fixed names."""
    community = make_community(session, slug="safety", name="Patient Safety")
    show = make_show(
        session,
        community,
        id=uuid.UUID(int=1),
        guid=uuid.UUID("917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        slug="rounds",
        title="The Ward Round & Friends",
        description="Talk *about* wards.\n\nEvery week, with <nurses>.",
        copyright="The Academy",
        verify_text="academy-123",
        artwork_sha256="a" * 64,
        artwork_alt="A lamp in a window",
    )
    season = Season(id=uuid.UUID(int=2), show=show, number=2, name="Nights")
    session.add(season)
    session.flush()
    for number, title in enumerate(("Falls", "Sleep \x0b& <rest>"), 1):
        episode = make_published(
            session,
            show,
            id=uuid.UUID(int=10 + number),
            guid=uuid.UUID(int=20 + number),
            slug=f"e{number}",
            title=title,
            number=number,
            season_id=season.id,
            summary="In short.",
            notes="See [the list](https://example.org/list).",
            content_note="A death is told." if number == 2 else "",
            explicit=number == 2,
            published_at=WHEN + timedelta(days=number),
        )
        teller = Person(
            community_id=community.id, public_name="Bea", link="https://example.org/b", created_at=WHEN
        )
        episode.credits.append(Credit(person=teller, role=CreditRole.guest, position=1))
        episode.chapters.append(Chapter(start_ms=0, title="Beginning"))
        session.flush()
        session.execute(
            sa.update(Enclosure)
            .where(Enclosure.episode_id == episode.id)
            .values(sha256=str(number) * 64, size_bytes=1_234_567, duration_ms=61_499)
        )
    session.commit()
    session.expire_all()
    return show


def test_a_served_feed_is_the_golden_one(client: FlaskClient, session: Session) -> None:
    full_show(session)
    served = client.get(FEED).data

    assert served.decode() == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("change", ["publish", "unpublish", "withdraw", "to_bin"])
def test_a_feed_follows_every_change_of_what_is_public(
    client: FlaskClient, session: Session, show: Show, change: str
) -> None:
    owner = make_account(session, is_owner=True)
    episode = make_published(session, show, title="Two")
    if change == "publish":
        episodes.unpublish(session, episode, owner, WHEN)
    session.commit()
    before = client.get(FEED)
    getattr(episodes, change)(session, episode, owner, LATER)
    session.commit()
    after = client.get(FEED, headers={"If-None-Match": before.headers["ETag"]})

    assert ("Two" in before.get_data(as_text=True), "Two" in after.get_data(as_text=True)) == (
        change != "publish",
        change == "publish",
    )


def test_addresses_of_files_are_those_that_answer(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    show = full_show(session)
    for episode in session.scalars(sa.select(Episode).where(Episode.show_id == show.id)):
        assert episode.enclosure is not None
        backends.store.put_bytes(episode.enclosure.key, b"ID3sound")
    channel = parse(client.get(FEED).data).find("channel")
    assert channel is not None
    told = [
        *[one["url"] for one in attributes(channel, "item/enclosure")],
        *[one["url"] for one in attributes(channel, "item/podcast:transcript")],
        *[one["url"] for one in attributes(channel, "item/podcast:chapters")],
        *texts(channel, "link"),
        *texts(channel, "item/link"),
    ]

    assert len(told) == 2 * (1 + 5 + 1 + 1) + 1
    for address in told:
        assert client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_transcripts_are_served_as_the_type_that_the_feed_says(client: FlaskClient, session: Session) -> None:
    full_show(session)
    said = attributes(parse(client.get(FEED).data), "channel/item/podcast:transcript")

    for one in said:
        answer = client.get(one["url"].removeprefix("http://127.0.0.1:8000"))
        assert answer.mimetype == one["type"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        etag = {"If-None-Match": answer.headers["ETag"]}
        assert client.get(one["url"].removeprefix("http://127.0.0.1:8000"), headers=etag).status_code == 304
    assert {"text/vtt", "application/x-subrip", "application/json", "text/html", "text/plain"} == {
        one["type"] for one in said
    }


def test_dates_before_a_summer_are_in_utc(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="rounds")
    make_published(session, show, published_at=datetime.fromisoformat("2026-07-01T09:00:00+01:00"))
    session.commit()

    assert texts(parse(client.get(FEED).data), "channel/item/pubDate") == ["Wed, 01 Jul 2026 08:00:00 GMT"]
