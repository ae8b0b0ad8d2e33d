"""What lies on the queues and who works on what, for whoever watches. Changes nothing.

Of the durable engine's own table only open work is read, by its index of that: what is done costs nothing.
"""

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.pipeline import queues

#: More open work than this is not told apart on a page.
_MOST = 2_000

#: The way of a recording, or a window of it (the last two forms: of this version, and of the one before).
_PIECE = re.compile(r"recording-([0-9a-f-]{36})-\d+(-window-\d+|-\d+)?")


@dataclass(frozen=True)
class Depth:
    """How much waits on a queue, and since when the oldest does (the engine's clock: milliseconds)."""

    waiting: int
    oldest_at_ms: int


def depths(session: Session) -> dict[str, Depth]:
    """What waits, by queue; queues of one worker's own are told with the ordinary one."""
    rows = session.execute(waiting(session))
    found = {name: Depth(0, 0) for name in queues.LYING}
    for queue, count, oldest_at_ms in rows:
        lying = str(queue).partition("@")[0]
        name = next((kind for kind, names in queues.LYING.items() if lying in names), lying)
        before = found.get(name, Depth(0, 0))
        oldest = min(filter(None, (before.oldest_at_ms, int(oldest_at_ms))))
        found[name] = Depth(before.waiting + count, oldest)
    return found


def in_hand(session: Session) -> dict[str, Counter[uuid.UUID]]:
    """For each worker the recordings it has in hand, and how many windows of each (0: it does the rest)."""
    rows = session.execute(begun(session))
    found: dict[str, Counter[uuid.UUID]] = {}
    for worker, name in rows:
        named = _PIECE.match(name)
        if named is not None:
            hand = found.setdefault(str(worker), Counter())
            hand[uuid.UUID(named[1])] += 1 if named[2] else 0
    return found


def waiting(session: Session) -> sa.Select[str, int, int]:
    """The question for what waits: queue, how much, the oldest."""
    flows = _flows(session)
    chosen = sa.select(flows.c.queue_name, sa.func.count(), sa.func.min(flows.c.created_at))
    waits = (queues.OPEN, flows.c.status == "ENQUEUED", flows.c.queue_name.is_not(None))
    return chosen.where(*waits).group_by(flows.c.queue_name)


def begun(session: Session) -> sa.Select[str, str]:
    """The question for what is in hand: worker and workflow."""
    flows = _flows(session)
    chosen = sa.select(flows.c.executor_id, flows.c.workflow_uuid)
    return chosen.where(queues.OPEN, flows.c.status == "PENDING").limit(_MOST)


def _flows(session: Session) -> sa.TableClause:
    known = queues.table(session)
    columns: tuple[sa.ColumnClause[Any], ...] = (
        *(sa.column(column.name) for column in known.c),
        sa.column("executor_id"),
    )
    return sa.table(known.name, *columns, schema=known.schema)
