"""The way of a recording as it was before `recording_v2`: for what was on its way during an upgrade.

One workflow waited for its windows to the end. The steps are those of today. To be removed once no service
can have such work any more.
"""

from dbos import DBOS

from app.models import Recording, Step
from app.pipeline import recording, steps
from app.pipeline.border import Hands, guarded
from app.pipeline.recording import PORTABLE, RECOVERIES


@DBOS.workflow(name="recording_v1", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def recording_v1(recording_id: str, attempt: int, windows_queue: str) -> bool:
    """Take one recording all the way; whether it arrived.

    `windows_queue` stays because workflows that are stored have it: whoever works decides now.
    """
    arrived = _all_the_way(recording_id, attempt)
    recording.tell(recording_id, attempt)
    return arrived


def _all_the_way(recording_id: str, attempt: int) -> bool:
    if not (
        recording.receive(recording_id, attempt)
        and recording.inspect(recording_id, attempt)
        and recording.master(recording_id, attempt)
    ):
        return False
    count = recording.windows(recording_id, attempt)
    if count < 0:
        return False
    handles = [
        DBOS.enqueue_workflow(Hands.now().pieces_queue, window_v1, recording_id, attempt, number)
        for number in range(count)
    ]
    if not all([handle.get_result(polling_interval_sec=0.5) for handle in handles]):
        return False
    return recording.join(recording_id, attempt) and recording.index(recording_id, attempt)


@DBOS.workflow(name="window_v1", max_recovery_attempts=RECOVERIES, serialization_type=PORTABLE)
def window_v1(recording_id: str, attempt: int, number: int) -> bool:
    """Transcribe one window; whether the recording should go on."""

    def work(hands: Hands, row: Recording) -> None:
        steps.transcribe(hands, row, number)

    return guarded(Step.transcribe, recording_id, attempt, work)
