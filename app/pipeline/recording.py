"""The way of a recording, top to bottom: receive, inspect, master, windows, transcribe, join, index.

Its sound is read by one worker; every window is then a piece of work of its own, for whichever worker is
free. Nothing waits for anything: whoever ends the last window begins what comes after it. Each piece has a
name of its own, so that beginning it twice begins it once.

Each step is safe to run twice: it writes objects under keys that name their content or recording, then
its rows in one transaction. A step gives back whether to go on, never an exception, so that what the
durable engine stores is small and plain. A changed order of steps is a new workflow: `former.py` has the
one before this, until it is drained.
"""

import uuid
from collections.abc import Callable

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowSerializationFormat

from app.models import Recording, Step
from app.pipeline import engine, queues, steps
from app.pipeline.border import Hands, guarded
from app.pipeline.following import following, workflow_name
from app.pipeline.waiting import patiently
from app.services import recordings

PORTABLE = WorkflowSerializationFormat.PORTABLE
#: A deploy or a killed worker is not the recording's fault; deaths of children are counted apart.
RECOVERIES = 1000


@DBOS.workflow(name="recording_v2", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def recording_v2(recording_id: str, attempt: int, turn: int) -> None:
    """Read its sound. `turn` is the priority of its first piece: see app.pipeline.queues."""
    if receive(recording_id, attempt) and inspect(recording_id, attempt) and master(recording_id, attempt):
        _begin(windows_v2, recording_id, attempt, "windows", turn, turn)
    else:
        tell(recording_id, attempt)


@DBOS.workflow(name="windows_v2", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def windows_v2(recording_id: str, attempt: int, turn: int) -> None:
    """Find its windows, and have each transcribed."""
    count = windows(recording_id, attempt)
    for number in range(count):
        later = turn + queues.PIECE_S * number
        _begin(window_v2, recording_id, attempt, f"window-{number}", later, number, turn)
    if count < 1:
        _begin(rest_v2, recording_id, attempt, "rest", turn)


@DBOS.workflow(name="window_v2", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def window_v2(recording_id: str, attempt: int, number: int, turn: int) -> None:
    """Transcribe one window; after the last one, begin with the rest.

    Nothing in it is a step or a child of the engine's: a window that is done is not done again, the rest is
    begun once by its name, and that this piece has ended is all that has to be written down. A recording has
    a hundred of them.
    """
    if transcribe(recording_id, attempt, number):
        patiently("step", lambda: _begin_rest(recording_id, attempt, turn))


def _begin_rest(recording_id: str, attempt: int, turn: int) -> None:
    hands = Hands.now()
    name = f"{workflow_name(recording_id, attempt)}-rest"
    with hands.backends.database.begin() as session:
        said = (hands.pieces_queue, "rest_v2", name, recording_id, attempt)
        engine.enqueue_workflow(session, *said, priority=turn)


@DBOS.workflow(name="rest_v2", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def rest_v2(recording_id: str, attempt: int) -> None:
    """Put it together, make it searchable, tell how it ended."""
    if join(recording_id, attempt):
        index(recording_id, attempt)
    tell(recording_id, attempt)


def _begin(
    workflow: Callable[..., None], recording_id: str, attempt: int, piece: str, priority: int, *more: int
) -> None:
    """Enqueue a piece of this recording's way, once, where this process wants such pieces."""
    name = f"{workflow_name(recording_id, attempt)}-{piece}"
    with SetWorkflowID(name), SetEnqueueOptions(priority=priority):
        DBOS.enqueue_workflow(Hands.now().pieces_queue, workflow, recording_id, attempt, *more)


@DBOS.step(name="receive")
def receive(recording_id: str, attempt: int) -> bool:
    """Copy it to a folder of its own and hash it."""
    return guarded(Step.receive, recording_id, attempt, steps.receive)


@DBOS.step(name="inspect")
def inspect(recording_id: str, attempt: int) -> bool:
    """What is this file? In a killable child that can read nothing else."""
    return guarded(Step.inspect, recording_id, attempt, steps.inspect)


@DBOS.step(name="master")
def master(recording_id: str, attempt: int) -> bool:
    """Level it, encode it, and write the speech file."""
    return guarded(Step.master, recording_id, attempt, steps.master)


@DBOS.step(name="windows")
def windows(recording_id: str, attempt: int) -> int:
    """Find the language and the windows; how many there are, or -1 for "stop"."""
    if not guarded(Step.windows, recording_id, attempt, steps.windows):
        return -1
    with following(recording_id, attempt, Step.windows, Hands.now().worker):
        return patiently("step", lambda: _planned(recording_id, attempt))


def _planned(recording_id: str, attempt: int) -> int:
    with Hands.backends_now().database.reading() as session:
        recording = recordings.in_work(session, uuid.UUID(recording_id), attempt)
        return len(recordings.windows_of(session, recording)) if recording else -1


def transcribe(recording_id: str, attempt: int, number: int) -> bool:
    """One window's words; whether no window is left to do: all are done, or nobody wants this attempt."""
    is_last = False

    def work(hands: Hands, recording: Recording) -> None:
        nonlocal is_last
        is_last = steps.transcribe(hands, recording, number)

    return not guarded(Step.transcribe, recording_id, attempt, work) or is_last


@DBOS.step(name="join")
def join(recording_id: str, attempt: int) -> bool:
    """One transcript of sentences."""
    return guarded(Step.join, recording_id, attempt, steps.join)


@DBOS.step(name="index")
def index(recording_id: str, attempt: int) -> bool:
    """Searchable, and published where the producer asked for that."""
    return guarded(Step.index, recording_id, attempt, steps.index)


@DBOS.step(name="tell")
def tell(recording_id: str, attempt: int) -> None:
    """A letter to whoever made the episode; the notice in the studio is already there."""
    hands = Hands.now()
    with following(recording_id, attempt, "tell", hands.worker):
        patiently("step", lambda: steps.tell(hands.backends, uuid.UUID(recording_id), attempt))
