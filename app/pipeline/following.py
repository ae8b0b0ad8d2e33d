"""The ids that every line of the log carries while a workflow works: from the upload to the transcript.

The request that starts a workflow writes one line with both its own id and the workflow's.
"""

import re
import uuid
from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars

#: The beginning of every piece's name: the name below.
WAY = re.compile(r"recording-[0-9a-f-]{36}-\d+")


def workflow_name(recording_id: uuid.UUID | str, attempt: int) -> str:
    """The id of the workflow of this attempt."""
    return f"recording-{recording_id}-{attempt}"


def following(
    recording_id: uuid.UUID | str, attempt: int, step: object, worker: str
) -> AbstractContextManager[None]:
    """Bind who works on what in this thread, until the block ends."""
    return bound_contextvars(
        workflow=workflow_name(recording_id, attempt),
        recording=str(recording_id),
        attempt=attempt,
        step=str(step),
        worker=worker,
    )
