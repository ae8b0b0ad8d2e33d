"""Public files: the same bytes whatever a request says of itself, and never told to who may not see them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Episode, EpisodeState
from tests.factories import make_account, make_published
from tests.web.signing import sign_in

HOSTILE = (
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Port": "444"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil"},
    {"X-Original-URL": "https://evil.example/", "X-Rewrite-URL": "/evil"},
    {"Host": "localhost"},
    {"Host": "localhost:9999"},
    {"Accept-Language": "fr", "User-Agent": "evil.example"},
)


@pytest.fixture
def episode(session: Session, backends: Backends) -> Episode:
    """A published episode with its sound."""
    made = make_published(session)
    assert made.enclosure is not None
    backends.store.put_bytes(made.enclosure.key, b"ID3sound")
    session.commit()
    return made


@pytest.mark.parametrize("headers", HOSTILE, ids=" ".join)
def test_a_feed_is_the_same_bytes_whatever_the_headers_say(
    client: FlaskClient, episode: Episode, headers: dict[str, str]
) -> None:
    address = f"/shows/{episode.show.slug}/feed.xml"
    plain = client.get(address, buffered=True)

    answer = client.get(address, headers=headers, buffered=True)

    assert (200, plain.data, plain.headers["ETag"]) == (
        answer.status_code,
        answer.data,
        answer.headers["ETag"],
    )
    assert b"http://127.0.0.1:8000/" in answer.data
    assert b"evil" not in answer.data
    assert b"evil" not in client.get("/opml", headers=headers).data
    assert b"evil" not in client.get("/sitemap.xml", headers=headers).data


def test_an_unknown_host_gets_no_feed(client: FlaskClient, episode: Episode) -> None:
    address = f"/shows/{episode.show.slug}/feed.xml"

    assert client.get(address, headers={"Host": "evil.example"}).status_code == 400


def test_a_feed_is_the_same_for_who_is_signed_in(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    address = f"/shows/{episode.show.slug}/feed.xml"
    plain = client.get(address, buffered=True)
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    answer = client.get(address, buffered=True)

    assert plain.data == answer.data
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("state", [EpisodeState.unpublished, EpisodeState.withdrawn])
def test_a_guessed_etag_tells_nothing_of_what_is_private(
    client: FlaskClient, session: Session, episode: Episode, state: EpisodeState
) -> None:
    assert episode.enclosure is not None
    paths = (
        f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3",
        f"/transcripts/{episode.guid}.vtt",
    )
    tags = [client.get(path, buffered=True).headers["ETag"] for path in paths]
    episode.state = state
    session.commit()

    for path, tag in zip(paths, tags, strict=True):
        for asked in (tag, "*"):
            answer = client.get(path, headers={"If-None-Match": asked})
            assert (410 if state is EpisodeState.withdrawn else 404) == answer.status_code
            assert "ETag" not in answer.headers


def test_files_may_be_loaded_by_players_elsewhere_and_pages_may_not(
    client: FlaskClient, episode: Episode
) -> None:
    feed = client.get(f"/shows/{episode.show.slug}/feed.xml", buffered=True)

    assert feed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/").headers["Cross-Origin-Resource-Policy"] == "same-origin"
