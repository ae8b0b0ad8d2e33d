"""What is not public is nowhere: every address of it says so, and no other address tells of it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, Chapter, Episode
from app.services import episodes
from app.services.artwork import key
from tests.factories import WHEN, make_account, make_community, make_published, make_show
from tests.web.places import client_of
from transcription.formats import FORMATS

#: Two words that stand in no other text: one is looked for, the other must not be found.
CANARY, WORD = "Zyzzyva", "outlandish"
LATER = WHEN + timedelta(days=1)

Change = Callable[[Session, Episode, Account], None]


def unpublish(session: Session, episode: Episode, owner: Account) -> None:
    episodes.unpublish(session, episode, owner, LATER)


def withdraw(session: Session, episode: Episode, owner: Account) -> None:
    episodes.withdraw(session, episode, owner, LATER)


def bin_it(session: Session, episode: Episode, owner: Account) -> None:
    episodes.to_bin(session, episode, owner, LATER)


def withdraw_and_bin(session: Session, episode: Episode, owner: Account) -> None:
    withdraw(session, episode, owner)
    bin_it(session, episode, owner)


def bin_its_show(session: Session, episode: Episode, _owner: Account) -> None:
    episode.show.deleted_at = LATER


def never_published(session: Session, episode: Episode, owner: Account) -> None:
    unpublish(session, episode, owner)
    episode.published_at = None


CHANGES = {
    unpublish: 404,
    withdraw: 410,
    bin_it: 404,
    withdraw_and_bin: 410,
    bin_its_show: 404,
    never_published: 404,
}


@pytest.fixture
def owner(session: Session) -> Account:
    return make_account(session, is_owner=True)


@pytest.fixture
def episode(session: Session, backends: Backends, owner: Account) -> Episode:
    """Between two that stay, in a show that keeps its page; everything of it bears the canary."""
    community = make_community(session, slug="c")
    show = make_show(session, community, slug="s", artwork_sha256="a" * 64)
    backends.store.put_bytes(key(show.id, "a" * 64, "320"), b"picture")
    for name, day in (("before", -1), ("after", 1)):
        make_published(session, show, slug=name, title=name, published_at=WHEN + timedelta(days=day))
    made = make_published(
        session,
        show,
        slug="canary",
        title=f"{CANARY}, {WORD}",
        summary=f"{CANARY} is {WORD}.",
        notes=f"{CANARY} was {WORD}.",
        sentences=(f"{CANARY} sounds {WORD}.",),
    )
    made.credits[0].person.public_name = f"{CANARY} Host"
    made.chapters.append(Chapter(start_ms=0, title=CANARY))
    session.refresh(made, ["enclosure", "transcript"])
    assert made.enclosure is not None
    backends.store.put_bytes(made.enclosure.key, b"ID3sound")
    episodes.touch(session, made, WHEN)
    session.commit()
    return made


def own_addresses(episode: Episode) -> list[str]:
    """Every address that is about this episode alone."""
    assert episode.enclosure is not None
    return [
        f"/shows/{episode.show.slug}/{episode.slug}",
        f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3",
        *(f"/transcripts/{episode.guid}.{form.extension}" for form in FORMATS),
        f"/chapters/{episode.guid}.json",
        f"/embed/{episode.guid}",
    ]


#: Every address that tells of episodes, and some that told of this one.
OTHERS = (
    "/",
    "/communities",
    "/communities/c",
    "/shows/s",
    "/shows/s/feed.xml",
    "/shows/s/before",
    "/shows/s/after",
    f"/search?q={WORD}",
    f"/search?q={WORD}&format=json",
    f"/search?q={WORD}&show=s&community=c",
    "/sitemap.xml",
    "/opml",
)


def test_while_it_is_public_it_is_found_everywhere(client: FlaskClient, episode: Episode) -> None:
    assert [client.get(address).status_code for address in own_addresses(episode)] == [200] * 9
    telling = {address for address in OTHERS if CANARY in client.get(address).get_data(as_text=True)}

    assert telling >= set(OTHERS) - {"/communities", "/opml", "/sitemap.xml"}
    assert "/shows/s/canary" in client.get("/sitemap.xml").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "status"), CHANGES.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_its_own_addresses_are_gone(
    client: FlaskClient, session: Session, episode: Episode, owner: Account, change: Change, status: int
) -> None:
    tags = {address: client.get(address).headers.get("ETag", "") for address in own_addresses(episode)}
    change(session, episode, owner)
    session.commit()

    for address, tag in tags.items():
        for asked in ({}, {"If-None-Match": tag or "*"}, {"Range": "bytes=0-1"}):
            answer = client.get(address, headers=asked)
            assert (answer.status_code, CANARY in answer.get_data(as_text=True)) == (status, False)
            assert "no-store" in answer.headers["Cache-Control"]
        assert client.head(address).status_code == status


@pytest.mark.parametrize("change", CHANGES)
def test_oembed_knows_nothing_of_it_any_more(
    client: FlaskClient, session: Session, episode: Episode, owner: Account, change: Change
) -> None:
    here = client.application.extensions["hearth"].settings.public_url
    asked = [
        f"/oembed?{urlencode({'url': here + path, 'format': form})}"
        for path in (f"/shows/s/{episode.slug}", f"/embed/{episode.guid}")
        for form in ("json", "xml")
    ]
    assert [CANARY in client.get(address).text for address in asked] == [True] * 4
    change(session, episode, owner)
    session.commit()

    for address in asked:
        answer = client.get(address)
        assert (answer.status_code, CANARY in answer.text) == (404, False)
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("change", CHANGES)
def test_no_other_address_tells_of_it(
    client: FlaskClient, session: Session, episode: Episode, owner: Account, change: Change
) -> None:
    for address in OTHERS:
        client.get(address)  # whatever is kept is kept now
    change(session, episode, owner)
    session.commit()

    for address in OTHERS:
        said = client.get(address).get_data(as_text=True)
        found = [
            line
            for line in said.splitlines()
            if CANARY in line or "/canary" in line or str(episode.guid) in line
        ]
        assert (address, found) == (address, [])


def test_hits_of_what_is_not_public_are_not_even_counted(
    client: FlaskClient, session: Session, episode: Episode, owner: Account
) -> None:
    asked = f"/search?q={WORD}&format=json"
    assert client.get(asked).get_json()["count"] > 0
    unpublish(session, episode, owner)
    session.commit()

    assert client.get(asked).get_json() == {"count": 0, "hits": []}


def test_what_never_was_public_answers_like_what_never_existed(
    client: FlaskClient, session: Session, episode: Episode, owner: Account
) -> None:
    never_published(session, episode, owner)
    session.commit()
    other = uuid.uuid4()

    for address in own_addresses(episode):
        nowhere = address.replace(str(episode.guid), str(other)).replace("/canary", "/nowhere")
        draft, nothing = client.get(address), client.get(nowhere)
        same = draft.get_data(as_text=True).replace(address, nowhere)
        assert (draft.status_code, same) == (nothing.status_code, nothing.get_data(as_text=True))


def test_a_show_that_never_published_has_no_page_feed_or_picture(
    client: FlaskClient, session: Session, episode: Episode, owner: Account
) -> None:
    for slug in ("before", "after"):
        session.delete(session.scalars(sa.select(Episode).where(Episode.slug == slug)).one())
    never_published(session, episode, owner)
    episode.show.title = CANARY
    session.commit()
    picture = f"/artwork/{episode.show_id}/{'a' * 12}-320.jpg"

    for address in ("/shows/s", "/shows/s/feed.xml", picture):
        assert client.get(address).status_code == 404
    for address in ("/", "/communities/c", "/opml", "/sitemap.xml", "/search?q=x", "/search?q=x&show=s"):
        said = client.get(address).get_data(as_text=True)
        assert (address, CANARY in said, "/shows/s" in said) == (address, False, False)


def test_the_picture_of_a_show_to_come_is_for_those_who_make_it(
    app_with_show: tuple[FlaskClient, FlaskClient, str],
) -> None:
    maker, stranger, picture = app_with_show
    answer = maker.get(picture)

    assert (answer.status_code, answer.data) == (200, b"picture")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert stranger.get(picture).status_code == 404


@pytest.fixture
def app_with_show(
    client: FlaskClient, session: Session, backends: Backends, owner: Account
) -> tuple[FlaskClient, FlaskClient, str]:
    """Two people signed in, one of whom makes a show with a picture and nothing published."""
    show = make_show(session, artwork_sha256="b" * 64)
    backends.store.put_bytes(key(show.id, "b" * 64, "320"), b"picture")
    stranger = make_account(session)
    session.commit()
    app = client.application
    picture = f"/artwork/{show.id}/{'b' * 12}-320.jpg"
    return client_of(app, owner)[0], client_of(app, stranger)[0], picture


def test_a_feed_outlives_its_last_episode(
    client: FlaskClient, session: Session, episode: Episode, owner: Account
) -> None:
    for left in session.scalars(sa.select(Episode)).all():
        unpublish(session, left, owner)
    session.commit()
    feed = client.get("/shows/s/feed.xml")

    assert feed.status_code == 200
    assert b"<item>" not in feed.data
