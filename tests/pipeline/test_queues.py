"""Who takes which work next: fairly, no more than there is room for, and nothing twice."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.pipeline import queues
from app.pipeline.engine import create_tables, enqueue_workflow
from app.pipeline.taking import Taker
from tests.pipeline.in_hand import table
from tests.pipeline.making import ROOT

MORNING = datetime(2026, 11, 2, 9, tzinfo=UTC)
KIND = queues.TRANSCRIPTION
LAUNCH = """
import os, sys
from app.db import Database
from app.pipeline import engine
engine.launch(Database(sys.argv[1]), "killed", {})
os._exit(0)
"""


@pytest.fixture
def engine_database(database: Database) -> Database:
    """The engine's own tables, on each database in turn."""
    create_tables(database)
    return database


def put(session: Session, recording: str, windows: int, queued_at: datetime) -> None:
    """So many windows of a recording that came at that time."""
    for number in range(windows):
        name = f"{recording}-window-{number}"
        enqueue_workflow(session, KIND, "window_v2", name, priority=queues.turn(queued_at, number))


def next_one(session: Session) -> str:
    """What a worker with one slot takes next; then it is done."""
    assert queues.take(session, KIND, "worker", 1) == 1
    flows = queues.table(session)
    mine = (flows.c.queue_name == queues.own(KIND, "worker"), flows.c.status == "ENQUEUED")
    name = session.scalars(sa.select(flows.c.workflow_uuid).where(*mine)).one()
    session.execute(sa.update(flows).where(flows.c.workflow_uuid == name).values(status="SUCCESS"))
    return name


def test_a_short_recording_does_not_wait_for_all_windows_of_long_ones(engine_database: Database) -> None:
    with engine_database.begin() as session:
        for long in range(8):
            put(session, f"long{long}", 20, MORNING)
        put(session, "short", 2, MORNING + timedelta(minutes=3))
        order = [next_one(session) for _ in range(60)]

    assert order.index("short-window-0") <= 8 * 4
    assert order.index("short-window-1") <= 8 * 5 + 1
    assert [name for name in order if name.startswith("long0")][:7] == [f"long0-window-{n}" for n in range(7)]


def test_a_long_recording_is_not_put_off_for_ever_by_short_ones(engine_database: Database) -> None:
    order = []
    with engine_database.begin() as session:
        put(session, "long", 5, MORNING)
        for minute in range(12):
            put(session, f"short{minute}a", 1, MORNING + timedelta(minutes=minute, seconds=10))
            put(session, f"short{minute}b", 1, MORNING + timedelta(minutes=minute, seconds=20))
            order += [next_one(session), next_one(session)]

    assert [f"long-window-{number}" for number in range(5)] == [n for n in order if n.startswith("long")]


def test_a_large_file_gives_way_to_small_ones_that_come_soon_after_it() -> None:
    large = queues.turn(MORNING, 400 * 1024**2 // queues.PIECE_BYTES)

    assert queues.turn(MORNING) < queues.turn(MORNING + timedelta(minutes=30), 2) < large
    assert large < queues.turn(MORNING + timedelta(hours=1), 2)
    assert queues.turn(datetime(2024, 1, 1, tzinfo=UTC)) == 1


def test_each_worker_takes_as_much_as_it_has_slots_for(engine_database: Database) -> None:
    with engine_database.begin() as session:
        put(session, "long", 10, MORNING)
        taken = [queues.take(session, KIND, name, most) for name, most in (("small", 1), ("large", 4)) * 2]

        assert taken == [1, 4, 0, 0]
        queues.hand_back(session, ["large"])
        assert queues.take(session, KIND, "other", 100) == 9


def test_nothing_is_taken_twice_by_workers_that_take_at_the_same_moment(engine_database: Database) -> None:
    with engine_database.begin() as session:
        put(session, "long", 40, MORNING)
    takers = [Taker(engine_database, f"worker-{number}", {KIND: 7}) for number in range(6)]
    counts: list[int] = []
    start = threading.Barrier(len(takers))

    def take(taker: Taker) -> None:
        start.wait()
        counts.append(taker.take([KIND]).total())

    threads = [threading.Thread(target=take, args=(taker,)) for taker in takers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missed = sum(taker.take([KIND]).total() for taker in takers)  # whoever met a locked row looks again

    assert sum(counts) + missed == 40
    assert max(counts) <= 7


def test_a_worker_is_told_of_which_kinds_there_is_work_that_it_may_do(engine_database: Database) -> None:
    own, of_another = queues.own(KIND, "here"), queues.own(queues.MASTERING, "there")
    with engine_database.begin() as session:
        enqueue_workflow(session, own, "window_v2", "taken before and not begun")
        enqueue_workflow(session, of_another, "recording_v2", "taken by another")
        enqueue_workflow(session, "recordings-own", "recording_v1", "of an earlier version")
    asked = {KIND: [own], queues.MASTERING: [queues.MASTERING], queues.RECORDINGS: ["recordings-own"]}
    line = engine_database.line()
    try:
        with line.begin():
            found = queues.waiting(line, asked)
    finally:
        line.close()

    assert found == [KIND, queues.RECORDINGS]


def test_a_worker_takes_only_what_it_is_told_to_serve() -> None:
    assert queues.limits(3) == {"mastering": 1, "recordings": 8, "transcription": 3}
    assert queues.limits(3, ["transcription"]) == {"transcription": 3}
    assert queues.limits(3, ["mastering"]) == {"mastering": 1, "recordings": 8}


def test_the_engine_forgets_the_queues_of_workers_that_are_gone(engine_database: Database) -> None:
    with engine_database.begin() as session:
        columns = map(sa.column, ("queue_id", "name", "created_at", "updated_at"))
        known = sa.table("queues", *columns, schema=queues.table(session).schema)
        for number, executor in enumerate(("gone", "here")):
            row = {
                "queue_id": str(number),
                "name": queues.own(KIND, executor),
                "created_at": 1,
                "updated_at": 1,
            }
            session.execute(sa.insert(known).values(row))
        queues.forget(session, [])
        queues.forget(session, ["gone"])

        assert session.scalars(sa.select(known.c.name)).all() == [queues.own(KIND, "here")]


def test_all_that_a_killed_worker_was_at_waits_again_once_it_is_back(engine_database: Database) -> None:
    with engine_database.begin() as session:
        put(session, "left", 60, MORNING)
        put(session, "elsewhere", 1, MORNING)
        flows = table(session)
        for recording, executor in (("left", "killed"), ("elsewhere", "alive")):
            in_hand = {"status": "PENDING", "executor_id": executor}
            theirs = flows.c.workflow_uuid.startswith(recording)
            session.execute(sa.update(flows).where(theirs).values(in_hand))

    subprocess.run([sys.executable, "-c", LAUNCH, engine_database.url], cwd=ROOT, check=True, timeout=60)

    with engine_database.reading() as session:
        in_hand = session.scalars(sa.select(flows.c.workflow_uuid).where(flows.c.status == "PENDING")).all()
    assert in_hand == ["elsewhere-window-0"]
