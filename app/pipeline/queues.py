"""Which work lies on which queue, as rows of the durable engine's own table.

Ordinary workers serve the ordinary queues. `publish --wait` works for one recording only: it moves that
recording's work to queues of its own, and whoever sees that it is gone moves the rest back. Only waiting
work is claimed, in one statement each, so that nothing is taken from a worker that has begun with it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

RECORDINGS, WINDOWS = "recordings", "windows"
#: What ordinary workers listen to; the last two held the work of `publish --wait` in an earlier version.
ORDINARY = (RECORDINGS, WINDOWS, "recordings-own", "windows-own")

OPEN = ("ENQUEUED", "PENDING", "DELAYED")


def own(executor_id: str) -> tuple[str, str]:
    """The queues, for recordings and for windows, that only this executor serves."""
    return f"{RECORDINGS}@{executor_id}", f"{WINDOWS}@{executor_id}"


def table(session: Session) -> sa.TableClause:
    """The engine's table of workflows, as far as it is needed here."""
    schema = None if session.get_bind().dialect.name == "sqlite" else "dbos"
    names = ("workflow_uuid", "parent_workflow_id", "status", "queue_name")
    return sa.table("workflow_status", *(sa.column(name) for name in names), schema=schema)


def waits(session: Session, workflow_id: str) -> bool:
    """Whether anything of this workflow and its windows lies on the ordinary queues."""
    flows = table(session)
    mine = sa.or_(flows.c.workflow_uuid == workflow_id, flows.c.parent_workflow_id == workflow_id)
    return session.scalar(sa.select(flows.c.status).where(mine, *_waiting(flows)).limit(1)) is not None


def claim(session: Session, workflow_id: str, executor_id: str) -> None:
    """Move what waits of this workflow and its windows to the executor's own queues."""
    flows = table(session)
    for column, queue in zip(
        (flows.c.workflow_uuid, flows.c.parent_workflow_id), own(executor_id), strict=True
    ):
        session.execute(
            sa.update(flows).where(column == workflow_id, *_waiting(flows)).values(queue_name=queue)
        )


def _waiting(flows: sa.TableClause) -> tuple[sa.ColumnElement[bool], ...]:
    return (flows.c.status == "ENQUEUED", flows.c.queue_name.in_(ORDINARY))


def hand_back(session: Session, executor_ids: Sequence[str]) -> None:
    """What these executors had claimed lies on the ordinary queues again."""
    flows = table(session)
    for place, ordinary in enumerate((RECORDINGS, WINDOWS)):
        claimed = flows.c.queue_name.in_([own(executor_id)[place] for executor_id in executor_ids])
        session.execute(sa.update(flows).where(claimed, flows.c.status.in_(OPEN)).values(queue_name=ordinary))
