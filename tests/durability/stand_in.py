"""A worker process whose workflow has the shape of ours and whose steps only leave traces.

Three steps, a fan-out of windows as child workflows, a join; run by the real engine with the real
heartbeat. Every step writes "began" and "ended" into a journal of its own, so that the proof can count.
"""

import os
import sys
import threading
import time
import uuid

import sqlalchemy as sa
from dbos import DBOS, WorkflowSerializationFormat

from app.db import Database
from app.pipeline import engine

WINDOWS = 4
DEAD_AFTER_S = 3.0

METADATA = sa.MetaData()
JOURNAL = sa.Table(
    "proof_journal",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("work", sa.String(40), index=True),
    sa.Column("step", sa.String(40)),
    sa.Column("what", sa.String(10)),
)
#: What each step makes; the key makes it safe to make twice.
RESULT = sa.Table(
    "proof_results",
    METADATA,
    sa.Column("work", sa.String(40), primary_key=True),
    sa.Column("step", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200)),
)

_database: list[Database] = []


def _do(work: str, step: str, seconds: float) -> str:
    """One step: began, work, result under its own key, ended."""
    _write(work, step, "began")
    time.sleep(seconds)
    with _database[0].begin() as session:
        known = session.execute(
            sa.select(RESULT.c.value).where(RESULT.c.work == work, RESULT.c.step == step)
        ).scalar()
        if known is None:
            session.execute(sa.insert(RESULT).values(work=work, step=step, value=f"{work}/{step}"))
        session.execute(sa.insert(JOURNAL).values(work=work, step=step, what="ended"))
    return f"{work}/{step}"


def _write(work: str, step: str, what: str) -> None:
    with _database[0].begin() as session:
        session.execute(sa.insert(JOURNAL).values(work=work, step=step, what=what))


PORTABLE = WorkflowSerializationFormat.PORTABLE


@DBOS.step(name="proof_step")
def step(work: str, name: str) -> str:
    """An ordinary step."""
    try:
        return _do(work, name, 0.05)
    except sa.exc.IntegrityError:  # the same step of a worker that woke up was a moment earlier
        return f"{work}/{name}"


@DBOS.workflow(name="proof_v1", max_recovery_attempts=1000, serialization_type=PORTABLE)
def proof_v1(work: str) -> str:
    """receive, inspect, master, then the windows, then join."""
    for name in ("receive", "inspect", "master"):
        step(work, name)
    handles = [DBOS.enqueue_workflow("windows", proof_window_v1, work, number) for number in range(WINDOWS)]
    heard = [handle.get_result(polling_interval_sec=0.2) for handle in handles]
    return join(work, "+".join(heard))


@DBOS.workflow(name="proof_window_v1", max_recovery_attempts=1000, serialization_type=PORTABLE)
def proof_window_v1(work: str, number: int) -> str:
    """One window."""
    return step(work, f"window-{number}")


@DBOS.step(name="proof_join")
def join(work: str, heard: str) -> str:
    """The one result that counts."""
    step_name = "join"
    _write(work, step_name, "began")
    try:
        with _database[0].begin() as session:
            session.execute(sa.insert(RESULT).values(work=work, step=step_name, value=heard))
    except sa.exc.IntegrityError:
        _write(work, step_name, "again")
    _write(work, step_name, "ended")
    return heard


def enqueue(database: Database, work: str) -> None:
    """Start one piece of work with a transaction of the caller's kind."""
    with database.begin() as session:
        session.execute(sa.insert(JOURNAL).values(work=work, step="upload", what="ended"))
        engine.enqueue_workflow(session, "recordings", "proof_v1", f"proof-{work}", work)


def main(url: str, executor_id: str) -> None:
    """Work until killed; superseded means that somebody else has our work: end."""
    database = Database(url)
    _database.append(database)
    heartbeat = engine.Heartbeat(database, executor_id, slots=2, dead_after_s=DEAD_AFTER_S)
    heartbeat.start()
    engine.launch(database, executor_id, 2)
    parent = os.getppid()
    while not heartbeat.superseded.wait(0.1):
        if os.getppid() != parent:
            os._exit(1)
    os._exit(75)


if __name__ == "__main__":
    threading.current_thread().name = f"worker-{uuid.uuid4().hex[:4]}"
    main(sys.argv[1], sys.argv[2])
