"""Several workers on PostgreSQL: one that wakes up late, and one that is asked to go while it works."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from app.backends import Backends
from app.models import Recording, RecordingState, Window, WorkerRow
from app.pipeline.engine import DEAD_AFTER_S
from tests.pipeline.making import Worker, enqueue, environment, has_ended, look, ready, wait_for, worker
from tests.pipeline.paused_worker import beside

STANDING = ("-m", "tests.pipeline.paused_worker")
#: Of a worker that takes over, so that nobody waits half a minute.
SOON_S = 3.0
#: Of workers that stand still: they beat so seldom that they do not hear who has taken over from them.
#: Nothing but the rows then keeps them from writing.
DEAF_S = 6000.0


def everything(backends: Backends) -> dict[str, list[sa.Row[object]]]:
    """All rows of ours, but for what workers say of themselves."""
    tables = [table for table in Recording.metadata.sorted_tables if table is not WorkerRow.__table__]
    with backends.database.reading() as session:
        return {
            table.name: sorted(session.execute(sa.select(table)).all(), key=repr)  # type: ignore[misc]
            for table in tables
        }


def test_workers_that_wake_up_late_write_nothing_over_their_successor(
    on_postgres: Backends, sentence: Path, weights: Path, tmp_path: Path
) -> None:
    env = environment(on_postgres, weights)
    made: list[uuid.UUID] = []

    def standing_in(step: str) -> tuple[str, ...]:
        marker = str(tmp_path / step)
        return (
            "-m",
            "tests.pipeline.paused_worker",
            step,
            "before",
            marker,
            "1",
            "--dead-after",
            str(DEAF_S),
        )

    def freezes(sleeper: Worker, step: str) -> None:
        made.append(ready(on_postgres, sentence))
        enqueue(on_postgres, made[-1])
        wait_for((tmp_path / step).exists, 60)
        sleeper.process.send_signal(signal.SIGSTOP)

    heir = (*STANDING, "receive", "before", str(tmp_path), "--made-words", "--dead-after", str(SOON_S))
    with worker(env, *standing_in("transcribe")) as first:
        freezes(first, "transcribe")
        with worker(env, *standing_in("join")) as second:
            freezes(second, "join")
            with worker(env, *heir):  # its marker is there: it just works
                wait_for(lambda: all(has_ended(on_postgres, one)() for one in made), 90)
                wait_for(lambda: len(list(on_postgres.store.list())) == 4)  # all is tidied up as well
            before = everything(on_postgres)
            for step, sleeper in (("transcribe", first), ("join", second)):
                beside(tmp_path / step, "go").touch()
                sleeper.process.send_signal(signal.SIGCONT)
                wait_for(beside(tmp_path / step, "end").exists, 60)

            assert [beside(tmp_path / step, "end").read_text() for step in ("transcribe", "join")] == [
                "Overtaken",
                "Overtaken",
            ]
            assert [sleeper.end() for sleeper in (first, second)] == [0, 0]
    assert [look(on_postgres, one).state for one in made] == [RecordingState.ready] * 2
    assert everything(on_postgres) == before
    with on_postgres.database.reading() as session:
        runs = {row.recording_id: row.runs for row in session.scalars(sa.select(Window))}
    assert [runs[one] for one in made] == [2, 1]  # only the window that stood still was heard twice


def test_what_a_worker_was_doing_when_it_was_asked_to_go_is_done_by_another_at_once(
    on_postgres: Backends, sentence: Path, weights: Path, tmp_path: Path
) -> None:
    env = environment(on_postgres, weights)
    recording_id = ready(on_postgres, sentence)
    enqueue(on_postgres, recording_id)
    marker = tmp_path / "transcribe"
    busy = (*STANDING, "transcribe", "before", str(marker), "1")
    free = (*STANDING, "receive", "before", str(tmp_path), "--made-words")
    with worker(env, *busy) as leaving:
        wait_for(marker.exists, 60)
        with worker(env, *free), worker(env, *free):
            wait_for(lambda: len(_rows(on_postgres)) == 3, 60)

            assert leaving.end() == 0
            wait_for(has_ended(on_postgres, recording_id))
    gone = next(row for row in _rows(on_postgres) if row.taken_over_by is not None)

    assert look(on_postgres, recording_id).state is RecordingState.ready
    # others had it before its silence alone would have told them
    assert gone.stopped_at is not None
    assert gone.stopped_at - gone.beat_at < timedelta(seconds=DEAD_AFTER_S)


def test_a_worker_whose_database_does_not_answer_goes_when_it_is_asked_to(
    on_postgres: Backends, weights: Path
) -> None:
    with worker(environment(on_postgres, weights)) as leaving:
        wait_for(lambda: _rows(on_postgres), 60)
        with silent(on_postgres):
            assert leaving.end() == 0


def _rows(backends: Backends) -> list[WorkerRow]:
    with backends.database.reading() as session:
        return list(session.scalars(sa.select(WorkerRow)))


@contextmanager
def silent(backends: Backends) -> Iterator[None]:
    """The server's end of every other connection to this database stands still."""
    asked = sa.text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with backends.database.reading() as session:
        ends = list(session.scalars(asked))
    for pid in ends:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in ends:
            os.kill(pid, signal.SIGCONT)
