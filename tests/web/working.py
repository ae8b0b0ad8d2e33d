"""A service in the middle of its work: workers, recordings in each state, one that fell silent."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.db import now_of_database
from app.models import Recording, RecordingState, Show, Step, WorkerRow
from app.pipeline.border import BROKEN, OURS
from tests.factories import WHEN, make_episode, make_recording, make_show
from tests.pipeline.in_hand import add_window, take


@dataclass(frozen=True)
class Working:
    """Who is where on its way."""

    mastered: Recording
    transcribed: Recording
    waiting: Recording
    failed: Recording
    poison: Recording


def make_worker(session: Session, name: str, slots: int = 2, silent_s: float = 2) -> WorkerRow:
    """A worker that was last heard of so long ago."""
    now = now_of_database(session)
    row = WorkerRow(
        executor_id=name,
        incarnation="first",
        slots=slots,
        started_at=now - timedelta(hours=5),
        beat_at=now - timedelta(seconds=silent_s),
    )
    session.add(row)
    session.flush()
    return row


def make_working(session: Session, show: Show | None = None) -> Working:
    """Two workers that run and one that does not, and work for them; flushed."""
    show = show or make_show(session, title="Voices of the ward")
    for name, slots, silent_s in (("ward-0", 2, 3), ("ward-1", 2, 1), ("theatre-0", 4, 400)):
        make_worker(session, name, slots, silent_s)

    def one(title: str, **fields: object) -> Recording:
        recording = make_recording(session, make_episode(session, show, title=title), **fields)
        recording.duration_ms = 2_400_000
        return recording

    on, off = RecordingState.working, RecordingState.failed
    mastered = one("Handover at the bedside", state=on, step=Step.master, progress=0.4, step_started_at=WHEN)
    transcribed = one("What carers know", state=on, step=Step.transcribe, progress=0.6, step_started_at=WHEN)
    waiting = one("The long night", state=on, step=Step.receive)
    one("A first day", state=on, step=Step.receive).duration_ms = None
    failed = one("Falls and frailty", state=off, step=Step.windows, reason=OURS, finished_at=WHEN)
    poison = one("From an old phone", state=off, step=Step.inspect, reason=BROKEN, finished_at=WHEN)
    take(session, mastered, "ward-0")
    take(session, transcribed, "ward-0")
    for number, worker in enumerate(("ward-0", "ward-1", "ward-1", None)):
        add_window(session, transcribed, number, worker)
    session.flush()
    return Working(mastered, transcribed, waiting, failed, poison)
