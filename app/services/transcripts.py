"""Transcripts as rows: stored, corrected, checked, indexed, and given back as dataclasses."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.models import Account, Episode, EpisodeState, Recording, SegmentRow, TranscriptRow
from app.notes import notes_paragraphs
from app.search.hits import IndexedText
from app.search.index import (
    SearchUnsupported,
    indexed_episodes,
    remove_episode,
    replace_episode,
    require_support,
)
from transcription.inert import inert
from transcription.sentences import with_text
from transcription.transcript import Segment, Transcript, Word

#: A sentence that a person types; longer ones are no sentence.
LONGEST_SENTENCE = 2000


def store(
    session: Session,
    recording: Recording,
    transcript: Transcript,
    engine: str,
    confidence: float,
    now: datetime,
) -> TranscriptRow:
    """Keep the machine's transcript of this recording, in place of one of an earlier attempt."""
    old = session.scalar(sa.select(TranscriptRow).where(TranscriptRow.recording_id == recording.id))
    if old is not None:
        episode = recording.episode
        if episode.transcript_id == old.id:
            episode.transcript_id = None
            session.flush()
        session.delete(old)
        session.flush()
    row = TranscriptRow(
        episode_id=recording.episode_id,
        recording_id=recording.id,
        language=transcript.language,
        language_confidence=confidence,
        engine=engine,
        duration_ms=transcript.duration_ms,
        created_at=now,
        changed_at=now,
        segments=[
            SegmentRow(
                number=number,
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                text=segment.text,
                machine_text=segment.text,
                speaker=segment.speaker,
                words=[
                    [word.start_ms, word.end_ms, word.text, round(word.probability, 3)]
                    for word in segment.words
                ],
            )
            for number, segment in enumerate(transcript.segments)
        ],
    )
    session.add(row)
    session.flush()
    return row


def of_recording(session: Session, recording_id: uuid.UUID) -> TranscriptRow | None:
    """The transcript of a recording, if there is one."""
    return session.scalar(sa.select(TranscriptRow).where(TranscriptRow.recording_id == recording_id))


def as_segment(row: SegmentRow) -> Segment:
    """A row as the pure package knows it."""
    return Segment(
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        words=tuple(Word(start, end, text, probability) for start, end, text, probability in row.words),
        speaker=row.speaker,
    )


def as_transcript(row: TranscriptRow) -> Transcript:
    """All rows as the pure package knows them."""
    return Transcript(
        language=row.language,
        duration_ms=row.duration_ms,
        segments=tuple(as_segment(segment) for segment in row.segments),
    )


def correct_segment(
    session: Session,
    transcript: TranscriptRow,
    number: int,
    text: str,
    revision: int,
    account: Account,
    now: datetime,
) -> SegmentRow:
    """A person's words in place of the machine's; the sentence keeps its times.

    Raises Conflict where somebody else corrected the sentence since `revision`, Invalid for text
    that is no sentence, NotFound. An empty text means that nothing was said there.
    """
    row = session.scalar(
        sa.select(SegmentRow).where(SegmentRow.transcript_id == transcript.id, SegmentRow.number == number)
    )
    if row is None:
        raise NotFound("This sentence is no longer there.")
    text = " ".join(inert(text).split())
    if len(text) > LONGEST_SENTENCE:
        raise Invalid({"text": f"A sentence can have up to {LONGEST_SENTENCE:,} characters."})
    if row.revision != revision and row.text != text:
        raise Conflict(f"Somebody else has corrected this sentence. It now reads: {row.text}")
    if row.text != text:
        row.words = [
            [word.start_ms, word.end_ms, word.text, round(word.probability, 3)]
            for word in with_text(as_segment(row), text).words
        ]
        row.text = text
        row.revision += 1
        transcript.revision += 1
        transcript.changed_at = now
    row.checked_at = now
    row.corrected_by = account.id
    session.flush()
    return row


def mark_checked(session: Session, transcript: TranscriptRow, account: Account, now: datetime) -> None:
    """A person has read all of it against the sound."""
    transcript.checked_at = now
    transcript.checked_by = account.id
    transcript.changed_at = now
    transcript.revision += 1
    session.flush()


def index(session: Session, episode: Episode) -> None:
    """Make the episode's words findable, or forget them. Visibility is the search's own question.

    On a database without search this does nothing: publishing must not depend on it.
    """
    if not is_searchable(session):
        return
    transcript = episode.transcript
    if episode.deleted_at is not None or episode.state is EpisodeState.withdrawn:
        remove_episode(session, episode.id)
        return
    texts = [IndexedText("title", 0, None, None, episode.title)]
    if episode.summary:
        texts.append(IndexedText("summary", 0, None, None, episode.summary))
    texts.extend(
        IndexedText("notes", position, None, None, paragraph)
        for position, paragraph in enumerate(notes_paragraphs(episode.notes))
    )
    if transcript is not None:
        texts.extend(_sentences(transcript.segments))
    replace_episode(session, episode.id, (transcript.language if transcript else "en"), texts)


def index_missing(session: Session) -> int:
    """Index the episodes that were there before the search was; how many.

    A PostgreSQL database from before search came to it, or one that was restored without its index.
    """
    if not is_searchable(session):
        return 0
    missing = session.scalars(
        sa.select(Episode.id).where(
            Episode.deleted_at.is_(None),
            Episode.state != EpisodeState.withdrawn,
            Episode.id.not_in(indexed_episodes()),
        )
    ).all()
    for episode_id in missing:  # one at a time: the words of all of them are too many to hold
        index(session, session.get_one(Episode, episode_id))
    return len(missing)


def forget(session: Session, episode_id: uuid.UUID) -> None:
    """None of the episode's words can be found any more."""
    if is_searchable(session):
        remove_episode(session, episode_id)


def is_searchable(session: Session) -> bool:
    """Whether the database that is set can search."""
    try:
        require_support(session)
    except SearchUnsupported:
        return False
    return True


def _sentences(rows: Sequence[SegmentRow]) -> list[IndexedText]:
    return [
        IndexedText("sentence", row.number, row.start_ms, row.end_ms, row.text) for row in rows if row.text
    ]
