"""When a recording that arrives becomes public, and what the public hears while it is replaced."""

import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.backends import Backends
from app.models import Account, Episode, EpisodeState, PublishWish, Recording, RecordingState, Step
from app.pipeline.border import Hands
from app.services import corrections, recordings
from tests.audio.sounds import make_voice, write_wav
from tests.factories import make_show
from tests.pipeline.making import all_the_way, do, look, ready, receive


def state(backends: Backends, recording_id: uuid.UUID) -> EpisodeState:
    return look(backends, recording_id).episode.state


def replacement(backends: Backends, recording_id: uuid.UUID, sound: Path) -> uuid.UUID:
    """A second recording for the same episode."""
    with backends.database.begin() as session:
        episode = recordings.get(session, recording_id).episode
        return receive(session, backends, sound, episode=episode).id


@pytest.fixture
def other_voice(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "other.wav", make_voice(4, seed=5))


def test_publish_when_ready_waits_for_the_words(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice, wish=PublishWish.when_ready)

    all_the_way(hands.backends, recording_id, Step.join)
    assert state(hands.backends, recording_id) is EpisodeState.draft
    do(hands.backends, recording_id, Step.index)
    assert state(hands.backends, recording_id) is EpisodeState.published


def test_publish_now_waits_for_the_sound_only(hands: Hands, voice: Path, client: FlaskClient) -> None:
    recording_id = ready(hands.backends, voice, wish=PublishWish.now)

    all_the_way(hands.backends, recording_id, Step.inspect)
    assert state(hands.backends, recording_id) is EpisodeState.draft
    do(hands.backends, recording_id, Step.master)
    assert state(hands.backends, recording_id) is EpisodeState.published
    guid = look(hands.backends, recording_id).episode.guid
    assert client.get(f"/transcripts/{guid}.vtt").status_code == 404
    for step in (Step.windows, Step.transcribe, Step.join, Step.index):
        do(hands.backends, recording_id, step)
    assert b"handover" in client.get(f"/transcripts/{guid}.vtt").data


def test_a_recording_without_a_wish_stays_a_draft(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)

    assert all_the_way(hands.backends, recording_id)
    assert state(hands.backends, recording_id) is EpisodeState.draft


def test_a_show_that_asks_for_checking_publishes_once_a_person_has_checked(hands: Hands, voice: Path) -> None:
    backends = hands.backends
    with backends.database.begin() as session:
        show = make_show(session, requires_checked=True)
        recording_id = receive(session, backends, voice, show, wish=PublishWish.when_ready).id

    all_the_way(backends, recording_id)
    assert state(backends, recording_id) is EpisodeState.draft

    with backends.database.begin() as session:
        owner = session.scalars(sa.select(Account)).one()
        episode = recordings.get(session, recording_id).episode
        row = episode.transcript
        assert row is not None
        corrections.mark_checked(session, episode, row.id, row.revision, owner, backends.clock())
    assert state(backends, recording_id) is EpisodeState.published


def test_the_old_recording_stays_public_until_the_new_one_is_ready(
    hands: Hands, voice: Path, other_voice: Path, client: FlaskClient
) -> None:
    backends = hands.backends
    first = ready(backends, voice, wish=PublishWish.when_ready)
    all_the_way(backends, first)
    before = look(backends, first).episode
    assert before.enclosure is not None
    old_address = f"/media/{before.guid}/{before.enclosure.sha256[:12]}.mp3"
    feed_address = f"/shows/{before.show.slug}/feed.xml"
    old_sound, old_feed = client.get(old_address).data, client.get(feed_address).data
    second = replacement(backends, first, other_voice)

    all_the_way(backends, second, Step.join)
    assert client.get(old_address).data == old_sound
    assert client.get(feed_address).data == old_feed
    assert b"handover" in client.get(f"/transcripts/{before.guid}.vtt").data

    do(backends, second, Step.index)
    after = look(backends, second).episode
    assert after.enclosure is not None
    assert (after.id, after.guid, after.state) == (before.id, before.guid, EpisodeState.published)
    assert after.enclosure.sha256 != before.enclosure.sha256
    moved = client.get(old_address)
    assert moved.status_code == 302
    assert moved.headers["Location"].endswith(f"/media/{after.guid}/{after.enclosure.sha256[:12]}.mp3")
    assert after.enclosure.sha256[:12].encode() in client.get(feed_address).data


def test_a_replacement_that_is_refused_changes_nothing_that_is_public(
    hands: Hands, voice: Path, tmp_path: Path, client: FlaskClient
) -> None:
    backends = hands.backends
    first = ready(backends, voice, wish=PublishWish.when_ready)
    all_the_way(backends, first)
    feed_address = f"/shows/{look(backends, first).episode.show.slug}/feed.xml"
    feed = client.get(feed_address).data
    playlist = tmp_path / "new.mp3"
    playlist.write_bytes(b"#EXTM3U\nhttp://example.org/a.mp3\n")

    second = replacement(backends, first, playlist)
    assert not all_the_way(backends, second)
    assert look(backends, second).state is RecordingState.refused
    assert client.get(feed_address).data == feed


def test_one_recording_is_published_once_however_often_its_last_step_is_done(
    hands: Hands, voice: Path
) -> None:
    backends = hands.backends
    recording_id = ready(backends, voice, wish=PublishWish.when_ready)
    all_the_way(backends, recording_id)
    published_at = look(backends, recording_id).episode.published_at
    do(backends, recording_id, Step.index)

    with backends.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Episode)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 1
    assert look(backends, recording_id).episode.published_at == published_at
