"""Which work lies on which queue, as rows of the durable engine's own table.

Work is enqueued on a queue of its kind, where it is everybody's. A worker takes from it what it has room
for, in one statement, to a queue of its own, which only it serves: so each worker keeps its own limits (the
engine keeps one limit for all workers of a queue), and takes the next piece the moment that it is free.
Whoever sees that a worker is gone moves back what it had.

The lowest priority is taken first, by everybody: it is a moment (see `turn`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

MASTERING, TRANSCRIPTION = "mastering", "transcription"
#: Of an earlier version: recordings that wait for their windows all the way, and those windows.
RECORDINGS, WINDOWS = "recordings", "windows"

#: Where the work of each kind may lie while it is everybody's.
LYING: dict[str, tuple[str, ...]] = {
    MASTERING: (MASTERING,),
    TRANSCRIPTION: (TRANSCRIPTION, WINDOWS, "windows-own"),
    RECORDINGS: (RECORDINGS, "recordings-own"),
}
ORDINARY = tuple(name for names in LYING.values() for name in names)

#: What a worker can be told to serve, and what it then takes.
SERVED: dict[str, tuple[str, ...]] = {MASTERING: (MASTERING, RECORDINGS), TRANSCRIPTION: (TRANSCRIPTION,)}

#: Work that is not done, by the engine's partial index of that: a database uses it only where the words of
#: its condition stand in the question.
OPEN: sa.ColumnElement[bool] = sa.literal_column("status IN ('ENQUEUED', 'PENDING')")

#: Recordings of an earlier version take no processor while they wait for their windows.
RECORDINGS_AT_ONCE = 8

#: How long one piece of a recording gives way to what comes after it.
PIECE_S = 60
#: So much of a file is one piece: ten minutes of an MP3, or one of a WAV.
PIECE_BYTES = 10 * 1024**2
_FIRST_MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def turn(queued_at: datetime, pieces: int = 0) -> int:
    """The priority of work that comes after so many pieces of its recording.

    The first piece has its turn when it arrives, each further one a minute later: a short recording does not
    wait for the windows of a long one, and a long one is not put off for ever by short ones that keep coming.
    """
    return max(1, round((queued_at - _FIRST_MOMENT).total_seconds()) + PIECE_S * pieces)


def own(kind: str, executor_id: str) -> str:
    """The queue of this kind that only this executor serves."""
    return f"{kind}@{executor_id}"


def limits(slots: int, served: Sequence[str] = tuple(SERVED)) -> dict[str, int]:
    """How much of each kind a worker takes at a time: mastering uses all cores by itself."""
    each = {MASTERING: 1, TRANSCRIPTION: slots, RECORDINGS: RECORDINGS_AT_ONCE}
    return {kind: each[kind] for name in served for kind in SERVED[name]}


def table(session: Session) -> sa.TableClause:
    """The engine's table of workflows, as far as it is needed here."""
    return _table(session.get_bind().dialect)


def _table(dialect: sa.Dialect) -> sa.TableClause:
    schema = None if dialect.name == "sqlite" else "dbos"
    names = ("workflow_uuid", "parent_workflow_id", "status", "queue_name", "priority", "created_at")
    return sa.table("workflow_status", *(sa.column(name) for name in names), schema=schema)


def take(session: Session, kind: str, executor_id: str, most: int) -> int:
    """Move what is next to the executor's own queue, until it has `most` there; how many were moved.

    One statement: it is asked after each piece of work.
    """
    flows = table(session)
    mine = sa.select(sa.func.count()).where(OPEN, flows.c.queue_name == own(kind, executor_id))
    room = most - mine.scalar_subquery()
    chosen = (
        sa.select(flows.c.workflow_uuid)
        .where(*_waiting(flows, LYING[kind]))
        .order_by(flows.c.priority, flows.c.created_at)
        .limit(sa.case((room > 0, room), else_=0))
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    moved = session.execute(
        sa.update(flows)
        .where(flows.c.workflow_uuid.in_(sa.select(chosen.c.workflow_uuid)))
        .values(queue_name=own(kind, executor_id))
        .returning(flows.c.workflow_uuid)
    )
    return len(moved.all())


def waiting(connection: sa.Connection, names: Mapping[str, Sequence[str]]) -> list[str]:
    """The kinds of which anything waits on the queues named for each, by one statement."""
    question = _anything(connection.dialect, tuple(tuple(lying) for lying in names.values()))
    found = connection.execute(question).one()
    return [kind for kind, waits in zip(names, found, strict=True) if waits]


@lru_cache(maxsize=32)
def _anything(dialect: sa.Dialect, names: tuple[tuple[str, ...], ...]) -> sa.Select[*tuple[bool, ...]]:
    """The question whether anything waits, for each of these sets of queues; dearer to put than to answer."""
    flows = _table(dialect)
    return sa.select(*(sa.exists().where(*_waiting(flows, lying)) for lying in names))


def is_open(session: Session, workflow_id: str) -> bool:
    """Whether anything of this recording's way waits or is worked on."""
    flows = table(session)
    open_one = sa.select(flows.c.status).where(OPEN, _belongs(flows, workflow_id))
    return session.scalar(open_one.limit(1)) is not None


def open_names(session: Session) -> set[str]:
    """The names of everything that waits or is worked on, and of what had begun it."""
    flows = table(session)
    rows = session.execute(sa.select(flows.c.workflow_uuid, flows.c.parent_workflow_id).where(OPEN))
    return {name for row in rows for name in row if name}


def waits(session: Session, workflow_id: str) -> bool:
    """Whether anything of this recording's way lies on the ordinary queues."""
    flows = table(session)
    there = sa.select(flows.c.status).where(*_waiting(flows, ORDINARY), _belongs(flows, workflow_id))
    return session.scalar(there.limit(1)) is not None


def claim(session: Session, workflow_id: str, executor_id: str) -> None:
    """Move what waits of this recording's way to the executor's own queues, and nothing else."""
    flows = table(session)
    for kind, names in LYING.items():
        session.execute(
            sa.update(flows)
            .where(*_waiting(flows, names), _belongs(flows, workflow_id))
            .values(queue_name=own(kind, executor_id))
        )


def hand_back(session: Session, executor_ids: Sequence[str]) -> None:
    """What these executors had taken lies on the ordinary queues again."""
    flows = table(session)
    for kind in (*LYING, WINDOWS):
        taken = flows.c.queue_name.in_([own(kind, executor_id) for executor_id in executor_ids])
        session.execute(sa.update(flows).where(OPEN, taken).values(queue_name=kind))


def forget(session: Session, executor_ids: Sequence[str]) -> None:
    """The engine need not know the queues of these executors any more."""
    known = sa.table("queues", sa.column("name"), schema=table(session).schema)
    names = [own(kind, executor_id) for kind in (*LYING, WINDOWS) for executor_id in executor_ids]
    if names:
        session.execute(sa.delete(known).where(known.c.name.in_(names)))


def _waiting(flows: sa.TableClause, names: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return (OPEN, flows.c.status == "ENQUEUED", flows.c.queue_name.in_(names))


def _belongs(flows: sa.TableClause, workflow_id: str) -> sa.ColumnElement[bool]:
    """The workflow itself, and what it has begun: their names go on from its own."""
    return sa.or_(
        flows.c.workflow_uuid == workflow_id,
        flows.c.workflow_uuid.startswith(f"{workflow_id}-", autoescape=True),
        flows.c.parent_workflow_id == workflow_id,
    )
