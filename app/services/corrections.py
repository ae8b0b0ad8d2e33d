"""A person reads a transcript against the sound: corrects its sentences, and says that it was checked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models import Account, Episode, SegmentRow, TranscriptRow
from app.services import episodes, transcripts


def read_transcript(episode: Episode, transcript_id: uuid.UUID) -> TranscriptRow:
    """The episode's transcript, if it is still the one that the person has before them.

    Another recording brings other words, which count their revisions anew. Raises Conflict.
    """
    if episode.transcript is None:
        raise Conflict("There is no transcript yet.")
    if episode.transcript_id != transcript_id:
        raise Conflict(
            "The recording has been replaced since you opened this page, and its words are new. "
            "Nothing was changed. Open the transcript again."
        )
    return episode.transcript


def mark_checked(
    session: Session,
    episode: Episode,
    transcript_id: uuid.UUID,
    revision: int,
    account: Account,
    now: datetime,
) -> None:
    """A person has read the transcript against the sound; what only waited for that is published.

    Raises Conflict where they have read another transcript or another state of it.
    """
    row = read_transcript(episode, transcript_id)
    if row.revision != revision:
        raise Conflict("Somebody corrected the transcript while you were reading it. Look at it once more.")
    transcripts.mark_checked(session, row, account, now)
    episodes.touch(session, episode, now)
    episodes.fulfil(session, episode, now)


@dataclass(frozen=True)
class Correction:
    """What a person says instead of a sentence that they saw in this revision."""

    number: int
    text: str
    revision: int


def correct(
    session: Session,
    episode: Episode,
    transcript_id: uuid.UUID,
    corrections: Sequence[Correction],
    account: Account,
    now: datetime,
) -> list[SegmentRow]:
    """A person's words in place of the machine's, for readers and searchers; all of them or none.

    Raises as read_transcript and transcripts.correct_segment.
    """
    row = read_transcript(episode, transcript_id)
    before = row.revision
    saved = [
        transcripts.correct_segment(session, row, one.number, one.text, one.revision, account, now)
        for one in corrections
    ]
    if row.revision != before:
        episodes.touch(session, episode, now)
    return saved
