"""The durable engine's rows as if workers were at work, for tests that need to see them without waiting."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Recording
from app.pipeline import engine, queues


def table(session: Session) -> sa.TableClause:
    """The engine's table of workflows, as far as it is changed here."""
    schema = queues.table(session).schema
    names = ("workflow_uuid", "parent_workflow_id", "status", "queue_name", "executor_id")
    return sa.table("workflow_status", *(sa.column(name) for name in names), schema=schema)


def take(session: Session, recording: Recording, worker: str) -> None:
    """This worker has the recording in hand."""
    engine.enqueue(session, recording)
    _change(session, engine.workflow_id(recording), status="PENDING", executor_id=worker)


def add_window(session: Session, recording: Recording, number: int, worker: str | None = None) -> None:
    """A window of it waits, or this worker has it in hand."""
    parent = engine.workflow_id(recording)
    name = f"{parent}-window-{number}"
    said = (str(recording.id), 1, number, 1)
    engine.enqueue_workflow(session, queues.TRANSCRIPTION, "window_v2", name, *said)
    taken = {"status": "PENDING", "executor_id": worker} if worker else {}
    _change(session, name, parent_workflow_id=parent, **taken)


def claim(session: Session, recording: Recording, worker: str) -> None:
    """It waits on this worker's own queue."""
    engine.enqueue(session, recording)
    _change(session, engine.workflow_id(recording), queue_name=queues.own(queues.MASTERING, worker))


def _change(session: Session, name: str, **values: str) -> None:
    flows = table(session)
    session.execute(sa.update(flows).where(flows.c.workflow_uuid == name).values(values))
