"""Who works, on what, what waits and what failed, for the owner; and how long all of it will take.

An estimate is for a person: nothing else may depend on it. Knows nothing of the durable engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.metrics import Figures
from app.models import Episode, Recording, RecordingState, Step, WorkerRow
from app.services import recordings
from app.services.health import BEAT_HOLDS

#: More rows of a kind are not shown, nor worth reading.
MOST = 50

#: Seconds of work of one worker for a second of sound: all that reads sound, and what writes it down on
#: one slot. Until the workers have measured their own; on two slow cores.
READING_PACE, SPEECH_PACE = 0.04, 0.14
#: With less sound behind it a measured pace says nothing.
_ENOUGH_SOUND_S = 60.0


@dataclass(frozen=True)
class Worker:
    """One worker process that has not said good-bye."""

    name: str
    slots: int
    started_at: datetime
    beat_at: datetime
    is_alive: bool


@dataclass(frozen=True)
class Pace:
    """Seconds of work for a second of sound: reading it, and writing it down on one slot."""

    reading: float = READING_PACE
    speech: float = SPEECH_PACE


@dataclass(frozen=True)
class Left:
    """How long what is known will take, and of how many recordings nothing is known yet."""

    seconds: int
    unknown: int


def workers(session: Session, now: datetime) -> list[Worker]:
    """Those that beat, and those that fell silent and have not been replaced; by name."""
    rows = session.scalars(
        sa.select(WorkerRow)
        .where(WorkerRow.stopped_at.is_(None), WorkerRow.taken_over_by.is_(None))
        .order_by(WorkerRow.executor_id)
        .limit(MOST * 10)
    )
    return [
        Worker(row.executor_id, row.slots, row.started_at, row.beat_at, now - row.beat_at <= BEAT_HOLDS)
        for row in rows
    ]


def figures(session: Session) -> dict[str, Figures]:
    """What each worker has measured of itself, also of those that have just ended; by name."""
    rows = session.execute(
        sa.select(WorkerRow.executor_id, WorkerRow.figures)
        .where(WorkerRow.figures.is_not(None))
        .order_by(WorkerRow.executor_id)
        .limit(MOST * 10)
    )
    return {name: said for name, said in rows if said}


def by_state(session: Session) -> dict[RecordingState, int]:
    """How many recordings there are in each state."""
    counted = session.execute(sa.select(Recording.state, sa.func.count()).group_by(Recording.state))
    found = {state: count for state, count in counted}
    return {state: found.get(state, 0) for state in RecordingState}


def in_work(session: Session) -> list[Recording]:
    """All recordings on their way, the oldest first."""
    chosen = _with_episode().where(
        Recording.state == RecordingState.working, Recording.episode.has(deleted_at=None)
    )
    return list(session.scalars(chosen.order_by(_since()).limit(MOST * 10)))


def failed(session: Session) -> list[Recording]:
    """Recordings that failed by our fault or as poison, and that nothing newer stands for; newest first."""
    later = aliased(Recording)
    counts = later.state.in_((RecordingState.working, RecordingState.ready))
    replaced = sa.exists().where(
        later.episode_id == Recording.episode_id, later.created_at > Recording.created_at, counts
    )
    chosen = _with_episode().where(
        Recording.state == RecordingState.failed, Recording.episode.has(deleted_at=None), ~replaced
    )
    return list(session.scalars(chosen.order_by(Recording.finished_at.desc()).limit(MOST)))


def waits_since(recording: Recording) -> datetime:
    """Since when it is on its way: it arrived then, or was tried again."""
    return recording.queued_at or recording.created_at


def pace(measured: Mapping[str, Figures]) -> Pace:
    """The pace that the workers have measured, where they have worked enough to say."""
    work, sound = (_sum(measured, f"hearth_{what}_seconds") for what in ("work", "sound"))

    def factor(step: Step, usual: float) -> float:
        seconds = sound.get(step.value, 0.0)
        return work.get(step.value, 0.0) / seconds if seconds >= _ENOUGH_SOUND_S else usual

    return Pace(factor(Step.master, READING_PACE), factor(Step.transcribe, SPEECH_PACE))


def left(on_their_way: Sequence[Recording], alive: Sequence[Worker], at: Pace) -> Left:
    """How long these workers will be busy with these recordings, if nothing else comes."""
    reading_s = speech_s = 0.0
    unknown = 0
    for recording in on_their_way:
        if not recording.duration_ms:
            unknown += 1
            continue
        duration_s = recording.duration_ms / 1000
        part = 1 - recording.progress
        if recording.step in recordings.READING_STEPS:
            reading_s += duration_s * at.reading * (part if recording.step is Step.master else 1)
            speech_s += duration_s * at.speech
        elif recording.step in (Step.windows, Step.transcribe):
            speech_s += duration_s * at.speech * (part if recording.step is Step.transcribe else 1)
    slots = sum(worker.slots for worker in alive)
    seconds = reading_s / max(1, len(alive)) + speech_s / max(1, slots)
    return Left(round(seconds), unknown)


def longest_wait(on_their_way: Sequence[Recording], now: datetime) -> timedelta | None:
    """For how long the one that waits longest has waited for its turn."""
    waits = [now - waits_since(recording) for recording in on_their_way if recordings.waits(recording)]
    return max(waits, default=None)


def _with_episode() -> sa.Select[Recording]:
    return sa.select(Recording).options(joinedload(Recording.episode).joinedload(Episode.show))


def _since() -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(Recording.queued_at, Recording.created_at)


def _sum(measured: Mapping[str, Figures], family: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for figures_of_one in measured.values():
        for _, labels, value in figures_of_one.get(family, ()):
            found[labels["step"]] = found.get(labels["step"], 0.0) + value
    return found
