"""Sound and pictures out of a real S3 server: signed for the very method that was asked."""

import dataclasses
from collections.abc import Iterator

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.counting import spool
from app.models import Episode
from app.services.artwork import key
from app.storage import open_store
from tests.factories import make_published
from tests.storage.seaweed import Seaweed, running_seaweed

SOUND = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """An S3 server with one bucket."""
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("hearth-media")
        yield server


@pytest.fixture
def backends(backends: Backends, seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Backends:
    """The test's backends with the bucket for a store."""
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    url = seaweed.store_url("hearth-media")
    settings = dataclasses.replace(backends.settings, store_url=url, media="redirect")
    return dataclasses.replace(backends, settings=settings, store=open_store(url, base_url="", secret=b""))


@pytest.fixture
def client(backends: Backends) -> FlaskClient:
    app = create_app(backends=backends)
    app.testing = True
    return app.test_client()


@pytest.fixture
def episode(session: Session, backends: Backends) -> Episode:
    made = make_published(session, slug="one", sound=SOUND)
    session.refresh(made)
    assert made.enclosure is not None
    backends.store.put_bytes(made.enclosure.key, SOUND)
    made.show.artwork_sha256 = "a" * 64
    backends.store.put_bytes(key(made.show_id, "a" * 64, "320"), b"a picture")
    session.commit()
    return made


def sound_of(episode: Episode) -> str:
    assert episode.enclosure is not None
    return f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_listener_is_sent_to_an_address_for_the_method_asked(
    client: FlaskClient, episode: Episode, method: str
) -> None:
    told = client.open(sound_of(episode), method=method)
    assert told.status_code == 302
    assert told.headers["Cache-Control"] == "private, no-store"
    assert told.headers["Access-Control-Allow-Origin"] == "*"

    answer = requests.request(method, told.headers["Location"], timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == str(len(SOUND))
    assert answer.content == (SOUND if method == "GET" else b"")


def test_ranges_are_the_stores_own(client: FlaskClient, episode: Episode) -> None:
    address = client.get(sound_of(episode)).headers["Location"]
    answer = requests.get(address, headers={"Range": "bytes=-500"}, timeout=60)

    assert (answer.status_code, answer.content) == (206, SOUND[-500:])


def test_what_the_store_is_asked_for_counts(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    for method, asked in (("GET", ""), ("GET", "bytes=-500"), ("HEAD", ""), ("GET", "bytes=99999999-")):
        client.open(sound_of(episode), method=method, headers={"Range": asked} if asked else {})
    folder = backends.settings.data / "counting"
    lines = [line for path in spool.files(folder) for line in spool.read(path, 0)[0]]

    assert [line.asked_bytes for line in lines] == [len(SOUND), 500]


def test_a_download_is_saved_under_its_name(client: FlaskClient, episode: Episode) -> None:
    address = client.get(sound_of(episode) + "?download=1").headers["Location"]

    assert "one.mp3" in requests.get(address, timeout=60).headers["Content-Disposition"]


def test_pictures_come_through_the_service(client: FlaskClient, episode: Episode) -> None:
    path = f"/artwork/{episode.show_id}/{'a' * 12}-320.jpg"
    answer = client.get(path)

    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"a picture", "image/jpeg")
    assert client.get(path, headers={"Range": "bytes=2-"}).data == b"picture"
    assert client.head(path).headers["Content-Length"] == "9"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
