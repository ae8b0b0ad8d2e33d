"""Transcripts, chapters and pictures as files."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Chapter, Episode
from app.services import transcripts
from app.services.artwork import SIZES, key
from tests.factories import WHEN, make_account, make_published, make_show
from transcription.formats import FORMATS


@pytest.fixture
def episode(session: Session) -> Episode:
    made = make_published(session, make_show(session, artwork_sha256="a" * 64))
    session.refresh(made)
    session.commit()
    return made


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
def test_every_format_says_the_same_words(client: FlaskClient, episode: Episode, form: object) -> None:
    ending: str = form.extension  # type: ignore[attr-defined]
    answer = client.get(f"/transcripts/{episode.guid}.{ending}")

    assert answer.status_code == 200
    assert "handover" in answer.get_data(as_text=True)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    head = client.head(f"/transcripts/{episode.guid}.{ending}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]


def test_a_corrected_sentence_is_in_every_format_and_the_old_one_in_none(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    addresses = [f"/transcripts/{episode.guid}.{form.extension}" for form in FORMATS]
    tags = [client.get(address).headers["ETag"] for address in addresses]
    row = session.merge(episode).transcript
    assert row is not None
    transcripts.correct_segment(
        session, row, 2, "Falls rose.", 1, make_account(session), WHEN + timedelta(days=1)
    )
    session.commit()

    for address, tag in zip(addresses, tags, strict=True):
        answer = client.get(address, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert "Falls rose." in answer.get_data(as_text=True)
        assert "handover" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("ending", ["pdf", "vtt.exe", "VTT", "mp3"])
def test_there_are_no_other_formats(client: FlaskClient, episode: Episode, ending: str) -> None:
    assert client.get(f"/transcripts/{episode.guid}.{ending}").status_code == 404


def test_before_the_words_are_there_there_is_no_transcript(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    session.merge(episode).transcript_id = None
    session.commit()

    assert client.get(f"/transcripts/{episode.guid}.vtt").status_code == 404
    assert b"podcast:transcript url" not in client.get(f"/shows/{episode.show.slug}/feed.xml").data


def test_a_recording_without_words_has_no_transcript_to_offer(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="s")
    quiet = make_published(session, show, slug="music", sentences=())
    emptied = make_published(session, show, slug="emptied", sentences=("Erm.",))
    session.refresh(emptied)
    assert emptied.transcript is not None
    emptied.transcript.segments[0].text = ""
    spoken = make_published(session, show, slug="spoken")
    session.commit()
    feed = client.get("/shows/s/feed.xml").text

    for episode in (quiet, emptied):
        page = client.get(f"/shows/s/{episode.slug}").text
        assert "No words were recognised in this recording." in page
        assert f"/transcripts/{episode.guid}" not in page + feed
    assert f"/transcripts/{spoken.guid}.vtt" in feed
    assert f"/transcripts/{spoken.guid}.vtt" in client.get("/shows/s/spoken").text


def test_chapters_are_podcasting_twos(client: FlaskClient, session: Session, episode: Episode) -> None:
    address = f"/chapters/{episode.guid}.json"
    assert client.get(address).status_code == 404

    session.merge(episode).chapters.extend(
        [Chapter(start_ms=61_500, title="Then"), Chapter(start_ms=0, title="First")]
    )
    session.commit()
    answer = client.get(address)
    assert answer.mimetype == "application/json+chapters"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = json.loads(answer.data)["chapters"]
    assert [(one["startTime"], one["title"]) for one in said] == [(0, "First"), (61.5, "Then")]


def test_a_picture_is_kept_for_ever_and_never_run(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    for size in SIZES:
        backends.store.put_bytes(key(episode.show_id, "a" * 64, size), b"picture")
        answer = client.get(f"/artwork/{episode.show_id}/{'a' * 12}-{size}.jpg")
        assert (answer.status_code, answer.data, answer.mimetype) == (200, b"picture", "image/jpeg")
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert client.head(f"/artwork/{episode.show_id}/{'a' * 12}-{size}.jpg").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        f"{'a' * 12}-160.jpg",
        f"{'b' * 12}-320.jpg",
        f"{'a' * 12}-320.jpg.html",
        f"{'a' * 12}-..jpg",
        f"{'a' * 12}-%2e%2e",
    ],
)
def test_no_other_picture_can_be_asked_for(
    client: FlaskClient, episode: Episode, backends: Backends, name: str
) -> None:
    backends.store.put_bytes(key(episode.show_id, "a" * 64, "320"), b"picture")

    assert client.get(f"/artwork/{episode.show_id}/{name}").status_code == 404


def test_sound_whose_object_is_missing_is_not_found(client: FlaskClient, episode: Episode) -> None:
    assert episode.enclosure is not None

    assert client.get(f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3").status_code == 404


def test_a_hostile_slug_is_a_plain_file_name(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    made = make_published(session, slug="x")
    session.refresh(made)
    assert made.enclosure is not None
    backends.store.put_bytes(made.enclosure.key, b"ID3sound")
    made.slug = 'a"; filename="evil.exe\r\nX: y é'
    session.commit()
    answer = client.get(f"/media/{made.guid}/{made.enclosure.sha256[:12]}.mp3?download=1")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="afilenameevilexeXy.mp3"'
    assert "X" not in answer.headers
