"""A worker process whose workflow has the shape of ours and whose steps only leave traces.

Three steps, a fan-out of windows, and a join that whoever ends the last window begins; run by the real
engine with the real heartbeat, on queues of each worker's own. Every step writes "began", "effect" and
"ended" into a journal, so that the proof can count. As the real ones do, a step ends in one transaction
that holds the row of its work and looks whether it was done already: nothing else, no key of a table
either, keeps an effect from being had twice.
"""

import os
import sys
import threading
import time
import uuid

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID, WorkflowSerializationFormat
from sqlalchemy.orm import Session

from app.db import Database
from app.pipeline import engine, queues
from app.pipeline.taking import Taker

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
    sa.Column("pid", sa.Integer),
    sa.Column("at_s", sa.Double),
)
WORK = sa.Table("proof_works", METADATA, sa.Column("work", sa.String(40), primary_key=True))
#: What each step makes.
RESULT = sa.Table(
    "proof_results",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("work", sa.String(40), index=True),
    sa.Column("step", sa.String(40)),
    sa.Column("value", sa.String(200)),
)

_database: list[Database] = []


def _do(work: str, step: str, value: str, seconds: float) -> str:
    """One step: began, work, its effect where it has had none, ended."""
    with _database[0].begin() as session:
        _write(session, work, step, "began")
    time.sleep(seconds)
    with _database[0].begin() as session:
        session.execute(sa.select(WORK.c.work).where(WORK.c.work == work).with_for_update())
        known = sa.select(RESULT.c.value).where(RESULT.c.work == work, RESULT.c.step == step)
        if session.execute(known).first() is None:
            session.execute(sa.insert(RESULT).values(work=work, step=step, value=value))
            _write(session, work, step, "effect")
        _write(session, work, step, "ended")
    return value


def _write(session: Session, work: str, step: str, what: str) -> None:
    entry = {"work": work, "step": step, "what": what, "pid": os.getpid(), "at_s": time.time()}
    session.execute(sa.insert(JOURNAL).values(entry))


PORTABLE = WorkflowSerializationFormat.PORTABLE


@DBOS.step(name="proof_step")
def step(work: str, name: str) -> str:
    """An ordinary step."""
    return _do(work, name, f"{work}/{name}", 0.05)


@DBOS.workflow(name="proof_v1", max_recovery_attempts=1000, serialization_type=PORTABLE)
def proof_v1(work: str) -> str:
    """receive, inspect, master, then the windows, then join."""
    for name in ("receive", "inspect", "master"):
        step(work, name)
    for number in range(WINDOWS):
        with SetWorkflowID(f"proof-{work}-window-{number}"):
            DBOS.enqueue_workflow(queues.TRANSCRIPTION, proof_window_v1, work, number)
    return work


@DBOS.workflow(name="proof_window_v1", max_recovery_attempts=1000, serialization_type=PORTABLE)
def proof_window_v1(work: str, number: int) -> str:
    """One window; the join after the last one."""
    heard = step(work, f"window-{number}")
    if all_heard(work):
        with SetWorkflowID(f"proof-{work}-rest"):
            DBOS.enqueue_workflow(queues.TRANSCRIPTION, proof_rest_v1, work)
    return heard


@DBOS.step(name="proof_all_heard")
def all_heard(work: str) -> str:
    """What all windows heard; nothing while one is left."""
    with _database[0].reading() as session:
        known = sa.select(RESULT.c.value).where(RESULT.c.work == work, RESULT.c.step.startswith("window-"))
        heard = session.scalars(known.order_by(RESULT.c.step)).all()
    return "+".join(heard) if len(heard) == WINDOWS else ""


@DBOS.workflow(name="proof_rest_v1", max_recovery_attempts=1000, serialization_type=PORTABLE)
def proof_rest_v1(work: str) -> str:
    """The join."""
    return join(work, all_heard(work))


@DBOS.step(name="proof_join")
def join(work: str, heard: str) -> str:
    """The one result that counts."""
    return _do(work, "join", heard, 0.0)


def enqueue(database: Database, work: str) -> None:
    """Start one piece of work with a transaction of the caller's kind."""
    with database.begin() as session:
        session.execute(sa.insert(WORK).values(work=work))
        engine.enqueue_workflow(session, queues.MASTERING, "proof_v1", f"proof-{work}", work)


def main(url: str, executor_id: str) -> None:
    """Work until killed; superseded means that somebody else has our work: end."""
    database = Database(url)
    _database.append(database)
    heartbeat = engine.Heartbeat(database, executor_id, slots=2, dead_after_s=DEAD_AFTER_S)
    heartbeat.start()
    with database.begin() as session:
        queues.hand_back(session, [executor_id])
    limits = {queues.MASTERING: 2, queues.TRANSCRIPTION: 2}
    engine.launch(database, executor_id, limits)
    Taker(database, executor_id, limits).start()
    parent = os.getppid()
    while not heartbeat.superseded.wait(0.1):
        if os.getppid() != parent:
            os._exit(1)
    os._exit(75)


if __name__ == "__main__":
    threading.current_thread().name = f"worker-{uuid.uuid4().hex[:4]}"
    main(sys.argv[1], sys.argv[2])
