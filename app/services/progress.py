"""How far a recording is and how long it will take: in words, as one bar over all steps, in seconds.

What is said here is an estimate for a person; nothing else may depend on it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from app.models import Recording, RecordingState, Step
from app.services import recordings

#: What the producer reads, in the order of the steps.
STEP_WORDS = {
    Step.receive: "Receiving",
    Step.inspect: "Checking the sound",
    Step.master: "Levelling the sound",
    Step.windows: "Finding the pauses",
    Step.transcribe: "Writing down every word",
    Step.join: "Putting the transcript together",
    Step.index: "Making it searchable",
}

#: Instead, while others are before it.
WAITS = "Waiting for its turn"

#: Share of the whole that each step takes, for one bar over all steps; measured on two cores.
_SHARE = {
    Step.receive: 0.03,
    Step.inspect: 0.10,
    Step.master: 0.20,
    Step.windows: 0.02,
    Step.transcribe: 0.62,
    Step.join: 0.02,
    Step.index: 0.01,
}

#: Seconds of work for one second of sound, until the recording's own pace is known; on two cores.
_PACE = {
    Step.receive: 0.002,
    Step.inspect: 0.01,
    Step.master: 0.02,
    Step.windows: 0.001,
    Step.transcribe: 0.07,
}


@dataclass(frozen=True)
class Progress:
    """What the producer sees of a recording that is on its way."""

    step: Step
    words: str
    step_fraction: float
    fraction: float
    seconds_left: int | None
    state: RecordingState
    reason: str


def progress(recording: Recording, now: datetime) -> Progress:
    """How far it is and how long it will take, in words and numbers."""
    before = sum(
        share for step, share in _SHARE.items() if list(Step).index(step) < list(Step).index(recording.step)
    )
    ready = recording.state is RecordingState.ready
    fraction = 1.0 if ready else before + _SHARE[recording.step] * recording.progress
    return Progress(
        step=recording.step,
        words="Ready" if ready else _words(recording),
        step_fraction=1.0 if ready else recording.progress,
        fraction=fraction,
        seconds_left=_seconds_left(recording, now),
        state=recording.state,
        reason=recording.reason,
    )


def held_up(recording: Recording) -> str:
    """Why nothing moves although it is on its way; nothing where it moves."""
    if recording.state is not RecordingState.working:
        return ""
    return recording.reason or (WAITS if recordings.waits(recording) else "")


def _words(recording: Recording) -> str:
    return held_up(recording) or STEP_WORDS[recording.step]


def _seconds_left(recording: Recording, now: datetime) -> int | None:
    """None while nothing can be said: before a length is known, or while something is waited for."""
    if recording.state is not RecordingState.working or recording.reason:
        return None
    ahead = _ahead(recording) if recordings.waits(recording) else []
    lefts = [_left_s(recording, now, Step.index), *(_left_s(other, now, Step.master) for other in ahead)]
    known = [left for left in lefts if left is not None]
    return max(1, round(sum(known))) if len(known) == len(lefts) else None


def _ahead(recording: Recording) -> list[Recording]:
    """Recordings whose sound is read before this one's: reading goes one after the other."""
    session = object_session(recording)
    if session is None:
        return []
    others = sa.select(Recording).where(
        Recording.state == RecordingState.working,
        Recording.step.in_(recordings.READING_STEPS),
        Recording.id != recording.id,
        sa.or_(Recording.created_at < recording.created_at, Recording.step_started_at.is_not(None)),
    )
    return list(session.scalars(others))


def _left_s(recording: Recording, now: datetime, last: Step) -> float | None:
    """Seconds of work up to the end of a step, by the recording's own pace where that shows already."""
    if not recording.duration_ms:
        return None
    duration_s = recording.duration_ms / 1000
    steps = list(Step)
    position = steps.index(recording.step)
    later = sum(duration_s * _pace(step) for step in steps[position + 1 : steps.index(last) + 1])
    started = recording.step_started_at
    spent_s = (now - started).total_seconds() if started else 0.0
    done = recording.progress - recording.progress_at_start
    if done > 0.05 and spent_s > 1:
        return later + spent_s * (1 - recording.progress) / done
    return later + max(1.0, duration_s * _pace(recording.step) * (1 - recording.progress_at_start) - spent_s)


def _pace(step: Step) -> float:
    return _PACE.get(step, 0.0005)
