"""New sound for an episode that has some: what listeners hear, and when it changes."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models import (
    Enclosure,
    Episode,
    EpisodeState,
    FormerEnclosure,
    Notice,
    PublishWish,
    Recording,
    RecordingState,
    TranscriptRow,
)
from app.services import episodes, housekeeping, recordings, uploads
from tests.factories import (
    WHEN,
    give_chapters,
    make_account,
    make_enclosure,
    make_episode,
    make_published,
    make_recording,
    make_show,
    make_transcript,
)
from tests.services.stories import make_story

LATER = WHEN + timedelta(days=3)


def new_sound(
    session: Session, episode: Episode, sound: bytes = b"ID3 new"
) -> tuple[Recording, Enclosure, TranscriptRow]:
    """Another recording of the episode with all that is made from it; not yet the episode's."""
    kept = (episode.recording_id, episode.enclosure_id, episode.transcript_id)
    with session.no_autoflush:
        state, episode.state = episode.state, EpisodeState.draft
        recording = make_recording(session, episode)
        enclosure = make_enclosure(session, recording, sound)
        transcript = make_transcript(session, recording, ("Entirely new words.",))
        episode.recording_id, episode.enclosure_id, episode.transcript_id = kept
        episode.state = state
    session.flush()
    session.expire(episode)
    return recording, enclosure, transcript


def test_first_sound_becomes_the_episodes_as_soon_as_it_is_levelled(session: Session) -> None:
    episode = make_episode(session)
    recording, enclosure, transcript = new_sound(session, episode)
    episodes.take_enclosure(session, recording, LATER)
    assert (episode.enclosure_id, episode.transcript_id) == (enclosure.id, None)

    episodes.take_transcript(session, recording, transcript, LATER)
    assert (episode.enclosure_id, episode.transcript_id) == (enclosure.id, transcript.id)
    assert episode.state is EpisodeState.draft


def test_publish_now_happens_with_the_sound_and_the_words_join_later(session: Session) -> None:
    episode = make_episode(session)
    owner = make_account(session, is_owner=True)
    episodes.wish(session, episode, PublishWish.now, owner, WHEN)
    recording, _, transcript = new_sound(session, episode)
    episodes.take_enclosure(session, recording, LATER)
    assert (episode.state, episode.transcript_id) == (EpisodeState.published, None)
    before = episode.show.revision

    episodes.take_transcript(session, recording, transcript, LATER)
    assert episode.transcript_id == transcript.id
    assert episode.show.revision > before


def test_publish_when_ready_happens_with_the_words(session: Session) -> None:
    episode = make_episode(session)
    episodes.wish(session, episode, PublishWish.when_ready, make_account(session, is_owner=True), WHEN)
    recording, _, transcript = new_sound(session, episode)
    episodes.take_enclosure(session, recording, LATER)
    assert episode.state is EpisodeState.draft

    episodes.take_transcript(session, recording, transcript, LATER)
    assert (episode.state, episode.published_at) == (EpisodeState.published, LATER)


def test_listeners_hear_the_old_sound_until_the_new_words_are_there(session: Session) -> None:
    episode = make_published(session)
    guid, old, old_words = episode.guid, episode.enclosure_id, episode.transcript_id
    recording, enclosure, transcript = new_sound(session, episode)
    episodes.take_enclosure(session, recording, LATER)
    assert (episode.enclosure_id, episode.transcript_id) == (old, old_words)
    before = episode.show.revision

    episodes.take_transcript(session, recording, transcript, LATER)
    assert (episode.enclosure_id, episode.transcript_id) == (enclosure.id, transcript.id)
    assert (episode.state, episode.guid, episode.published_at) == (EpisodeState.published, guid, WHEN)
    assert episode.show.revision > before


def test_the_old_address_is_remembered(session: Session) -> None:
    episode = make_published(session)
    session.refresh(episode)
    assert episode.enclosure is not None
    sha256 = episode.enclosure.sha256
    recording, _, transcript = new_sound(session, episode)
    episodes.take_transcript(session, recording, transcript, LATER)

    assert session.scalars(sa.select(FormerEnclosure.sha256)).all() == [sha256]


def test_chapters_past_the_end_of_a_shorter_recording_go_and_are_told(session: Session) -> None:
    owner = make_account(session)
    episode = make_published(session, created_by=owner.id)
    give_chapters(session, episode, at_0_00="Beginning", at_0_10="End")
    recording, enclosure, transcript = new_sound(session, episode)
    enclosure.duration_ms = 10_000
    episodes.take_transcript(session, recording, transcript, LATER)

    assert [chapter.title for chapter in episode.chapters] == ["Beginning"]
    assert "“End”" in session.scalars(sa.select(Notice.text).where(Notice.kind == "chapters")).one()


def test_the_sound_that_was_replaced_goes_after_a_day(session: Session) -> None:
    episode = make_published(session)
    session.refresh(episode)
    assert episode.enclosure is not None
    old = episode.enclosure.key
    recording, enclosure, transcript = new_sound(session, episode)
    episodes.take_transcript(session, recording, transcript, LATER)

    assert housekeeping.former_objects(session, LATER + timedelta(hours=23)) == []
    assert housekeeping.former_objects(session, LATER + timedelta(hours=25)) == [old]
    assert session.scalars(sa.select(Enclosure.id)).all() == [enclosure.id]
    assert housekeeping.without_row(session, {old, enclosure.key}) == {old}


def test_the_same_sound_again_has_no_former_address(session: Session) -> None:
    episode = make_published(session)
    session.refresh(episode)
    recording, enclosure, transcript = new_sound(session, episode)
    assert episode.enclosure is not None
    enclosure.sha256 = episode.enclosure.sha256
    episodes.take_transcript(session, recording, transcript, LATER)

    assert session.scalars(sa.select(FormerEnclosure.sha256)).all() == []


def test_new_words_of_a_published_story_are_not_public_before_they_are_checked(session: Session) -> None:
    episode = make_story(session)
    episodes.publish(session, episode, make_account(session, is_owner=True), WHEN)
    recording, enclosure, transcript = new_sound(session, episode)
    episodes.take_transcript(session, recording, transcript, LATER)
    session.commit()

    assert (episode.enclosure_id, episode.transcript_id) == (enclosure.id, transcript.id)
    assert (episode.state, episode.wish) == (EpisodeState.unpublished, PublishWish.none)


def test_new_words_in_a_show_that_asks_for_checking_wait_for_it(session: Session) -> None:
    episode = make_published(session, make_show(session, requires_checked=True))
    recording, _, transcript = new_sound(session, episode)
    episodes.take_transcript(session, recording, transcript, LATER)

    assert episode.state is EpisodeState.unpublished


def test_the_recording_that_was_sent_last_counts_whichever_is_ready_first(session: Session) -> None:
    episode = make_published(session)
    first, _, first_words = new_sound(session, episode)
    second, enclosure, words = new_sound(session, episode, b"ID3 newest")
    second.created_at = first.created_at + timedelta(minutes=1)
    episodes.take_transcript(session, second, words, LATER)

    episodes.take_enclosure(session, first, LATER)
    episodes.take_transcript(session, first, first_words, LATER)

    assert (episode.recording_id, episode.enclosure_id) == (second.id, enclosure.id)
    assert episode.transcript_id == words.id


def test_a_recording_counts_where_the_later_one_could_not_be_used(session: Session) -> None:
    episode = make_episode(session)
    first, enclosure, words = new_sound(session, episode)
    second, _, _ = new_sound(session, episode, b"ID3 newest")
    second.created_at = first.created_at + timedelta(minutes=1)
    second.state = RecordingState.refused

    episodes.take_transcript(session, first, words, LATER)

    assert (episode.recording_id, episode.enclosure_id) == (first.id, enclosure.id)


def test_an_older_recording_is_not_tried_again(session: Session) -> None:
    episode = make_episode(session)
    first, _, _ = new_sound(session, episode)
    second, _, _ = new_sound(session, episode, b"ID3 newest")
    second.created_at = first.created_at + timedelta(minutes=1)
    first.state = RecordingState.failed

    with pytest.raises(Conflict, match="Another recording was sent after this one"):
        recordings.try_again(session, first, LATER)


def test_a_recording_stops_on_its_way_when_another_arrives(session: Session) -> None:
    episode = make_episode(session)
    agreed = ("1", WHEN)
    first = uploads.receive(session, episode, None, uuid.uuid4(), "first.mp3", 10, agreed, WHEN)
    other = uploads.receive(session, make_episode(session), None, uuid.uuid4(), "x.mp3", 10, agreed, WHEN)

    second = uploads.receive(session, episode, None, uuid.uuid4(), "second.mp3", 10, agreed, LATER)

    session.expire_all()
    assert (first.state, first.reason) == (RecordingState.failed, recordings.REPLACED)
    assert other.state is second.state is RecordingState.working


def test_a_recording_for_an_episode_in_the_bin_waits_there(session: Session) -> None:
    episode = make_episode(session, deleted_at=WHEN)

    recording = uploads.receive(session, episode, None, uuid.uuid4(), "a.mp3", 10, ("1", WHEN), WHEN)

    session.expire_all()
    assert (recording.state, recording.reason) == (RecordingState.failed, recordings.INTERRUPTED)


def test_an_enclosure_made_anew_for_the_public_recording_is_told_to_the_feed(session: Session) -> None:
    episode = make_published(session)
    session.refresh(episode)
    assert episode.recording is not None
    before = episode.show.revision
    episodes.take_enclosure(session, episode.recording, LATER)

    assert episode.show.revision > before


def test_sound_for_a_draft_takes_the_words_of_the_old_recording_away(session: Session) -> None:
    episode = make_published(session)
    episodes.unpublish(session, episode, make_account(session, is_owner=True), WHEN)
    recording, enclosure, _ = new_sound(session, episode)
    episodes.take_enclosure(session, recording, LATER)

    assert (episode.enclosure_id, episode.transcript_id) == (enclosure.id, None)
    assert episode.transcript is None
