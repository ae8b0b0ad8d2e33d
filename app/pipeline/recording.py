"""The way of a recording, top to bottom: receive, inspect, master, windows, transcribe, join, index.

Each step is safe to run twice: it writes objects under keys that name their content or recording, then
its rows in one transaction. A step gives back whether to go on, never an exception, so that what the
durable engine stores is small and plain. A changed order of steps is a new workflow (`recording_v2`);
this one stays until it is drained.
"""

import uuid

from dbos import DBOS, WorkflowSerializationFormat

from app.models import Recording, Step
from app.pipeline import steps
from app.pipeline.border import Hands, guarded
from app.pipeline.following import following
from app.pipeline.waiting import patiently
from app.services import recordings

PORTABLE = WorkflowSerializationFormat.PORTABLE
#: A deploy or a killed worker is not the recording's fault; deaths of children are counted apart.
RECOVERIES = 1000


@DBOS.workflow(name="recording_v1", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def recording_v1(recording_id: str, attempt: int, windows_queue: str) -> bool:
    """Take one recording all the way; whether it arrived.

    `windows_queue` stays because workflows that are stored have it: whoever works decides now.
    """
    arrived = _all_the_way(recording_id, attempt)
    tell(recording_id, attempt)
    return arrived


def _all_the_way(recording_id: str, attempt: int) -> bool:
    if not (
        receive(recording_id, attempt) and inspect(recording_id, attempt) and master(recording_id, attempt)
    ):
        return False
    count = windows(recording_id, attempt)
    if count < 0:
        return False
    handles = [
        DBOS.enqueue_workflow(Hands.now().windows_queue, window_v1, recording_id, attempt, number)
        for number in range(count)
    ]
    if not all([handle.get_result(polling_interval_sec=0.5) for handle in handles]):
        return False
    return join(recording_id, attempt) and index(recording_id, attempt)


@DBOS.workflow(name="window_v1", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def window_v1(recording_id: str, attempt: int, number: int) -> bool:
    """Transcribe one window; whether the recording should go on."""
    return transcribe(recording_id, attempt, number)


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
        return len(recordings.windows_done(session, recording)) if recording else -1


@DBOS.step(name="transcribe")
def transcribe(recording_id: str, attempt: int, number: int) -> bool:
    """One window's words."""

    def work(hands: Hands, recording: Recording) -> None:
        steps.transcribe(hands, recording, number)

    return guarded(Step.transcribe, recording_id, attempt, work)


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
