"""Several workers on PostgreSQL: what a dead one leaves, another finishes; and search there."""

import socket
import subprocess
import sys
import time
import uuid
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.db import now_of_database
from app.models import EpisodeState, PublishWish, RecordingState, SegmentRow, Step, Window, WorkerRow
from app.pipeline import engine, queues
from app.pipeline.border import Hands
from tests.factories import make_published
from tests.pipeline.making import (
    ROOT,
    Worker,
    all_the_way,
    enqueue,
    environment,
    has_ended,
    look,
    ready,
    wait_for,
    worker,
    workers,
)

#: Less than in service, so that nobody waits half a minute seven times.
DEAD_AFTER_S = 4.0


def test_whatever_step_a_worker_dies_in_another_goes_on_and_the_words_are_found(
    on_postgres: Backends, sentence: Path, weights: Path, tmp_path: Path
) -> None:
    env = environment(on_postgres, weights)
    recording_id = ready(on_postgres, sentence, wish=PublishWish.when_ready)
    enqueue(on_postgres, recording_id)
    took_s: dict[Step, float] = {}

    def stopping_at(step: Step) -> AbstractContextManager[Worker]:
        command = ("-m", "tests.pipeline.paused_worker", step.value, "before", str(tmp_path / step.value))
        return worker(env, *command, "1", "--dead-after", str(DEAD_AFTER_S))

    with ExitStack() as crew:
        dying = crew.enter_context(stopping_at(Step.receive))
        wait_for((tmp_path / "receive").exists, 60)
        for step, following in pairwise(
            [*Step, Step.receive]
        ):  # the last one stops nowhere: it has been there
            heir = crew.enter_context(stopping_at(following))
            wait_for(lambda: _alive(on_postgres) == 2, 60)
            dying.kill()
            dead_s = time.monotonic()
            if following is Step.receive:
                wait_for(has_ended(on_postgres, recording_id), 60)
            else:
                wait_for((tmp_path / following.value).exists, 60)
            took_s[step] = time.monotonic() - dead_s
            dying = heir
    done = look(on_postgres, recording_id)
    assert (done.state, done.episode.state) == (RecordingState.ready, EpisodeState.published)
    assert max(took_s.values()) < 60
    assert _runs(on_postgres) == [2]  # the window was begun, and was done by the heir
    assert len(list((on_postgres.settings.data / "places").iterdir())) == 2

    client = create_app(backends=on_postgres).test_client()
    page = client.get(f"/shows/{done.episode.show.slug}/{done.episode.slug}")
    assert page.status_code == 200
    with on_postgres.database.reading() as session:
        said = session.scalars(sa.select(SegmentRow.text)).first()
    answer = client.get("/search", query_string={"q": f'"{said}"'})
    assert answer.status_code == 200
    assert f"/shows/{done.episode.show.slug}/{done.episode.slug}#" in answer.text


def test_migrating_brings_search_to_episodes_that_were_there_before_it(
    on_postgres: Backends, weights: Path
) -> None:
    with on_postgres.database.begin() as session:
        make_published(session, title="An evening of stories")
    command = [sys.executable, "-m", "flask", "--app", "app", "migrate"]
    env = environment(on_postgres, weights)
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, env=env, capture_output=True, timeout=60, check=True)

    answer = create_app(backends=on_postgres).test_client().get("/search?q=evenings")
    assert "An <mark>evening</mark> of stories" in answer.text


def _alive(backends: Backends) -> int:
    """Workers that beat."""
    with backends.database.reading() as session:
        since = now_of_database(session) - timedelta(seconds=DEAD_AFTER_S)
        fresh = WorkerRow.beat_at > since, WorkerRow.taken_over_by.is_(None)
        return session.scalar(sa.select(sa.func.count()).select_from(WorkerRow).where(*fresh)) or 0


def _runs(backends: Backends) -> list[int]:
    with backends.database.reading() as session:
        return list(session.scalars(sa.select(Window.runs).order_by(Window.number)))


def test_two_workers_of_one_host_live_side_by_side_and_a_name_in_use_is_refused(
    on_postgres: Backends, weights: Path
) -> None:
    env = environment(on_postgres, weights)
    with worker(env) as first, worker(env) as second:
        wait_for(lambda: workers(on_postgres) == 2, 60)
        with on_postgres.database.reading() as session:
            names = sorted(session.scalars(sa.select(WorkerRow.executor_id)))
        command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--name", names[0]]
        refused = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )

        assert names == [f"{socket.gethostname()}-{number}" for number in range(2)]
        assert (first.process.poll(), second.process.poll()) == (None, None)
        assert {path.name for path in (on_postgres.settings.data / "work").iterdir()} == set(names)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Leave --name out" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_one_worker_reads_sound_and_another_writes_it_down_with_slots_of_its_own(
    on_postgres: Backends, sentence: Path, weights: Path, tmp_path: Path
) -> None:
    command = ("-m", "flask", "--app", "app", "worker")
    reading = {**environment(on_postgres, tmp_path / "no weights"), "HEARTH_MODEL": "base"}
    hearing = environment(on_postgres, weights)
    recording_id = ready(on_postgres, sentence, wish=PublishWish.when_ready)
    enqueue(on_postgres, recording_id)
    with (
        worker(reading, *command, "--name", "reads", "--queues", "mastering"),
        worker(hearing, *command, "--name", "hears", "--queues", "transcription", "--slots", "3"),
    ):
        wait_for(has_ended(on_postgres, recording_id))

    assert look(on_postgres, recording_id).state is RecordingState.ready
    with on_postgres.database.reading() as session:
        rows = {row.executor_id: row.slots for row in session.scalars(sa.select(WorkerRow))}
    assert rows["hears"] == 3
    assert _done_by(on_postgres, recording_id) == {
        "": "reads", "-windows": "hears", "-window-0": "hears", "-rest": "hears",
    }  # fmt: skip


def test_what_was_on_its_way_before_the_workflow_changed_goes_to_its_end(
    on_postgres: Backends, sentence: Path, weights: Path
) -> None:
    first, second = ready(on_postgres, sentence), ready(on_postgres, sentence)
    Hands.take(on_postgres, "before")
    try:
        all_the_way(on_postgres, second, last=Step.windows)
    finally:
        Hands.let_go()
    rows = [look(on_postgres, recording_id) for recording_id in (first, second)]
    names = [engine.workflow_id(row) for row in rows]
    with on_postgres.database.begin() as session:
        said = (str(first), rows[0].attempt, queues.WINDOWS)
        engine.enqueue_workflow(session, queues.RECORDINGS, "recording_v99", "of-a-version-to-come")
        engine.enqueue_workflow(session, queues.RECORDINGS, "recording_v1", names[0], *said, priority=2)
        piece = (str(second), rows[1].attempt, 0, 1)
        window = f"{names[1]}-window-0"
        engine.enqueue_workflow(session, queues.TRANSCRIPTION, "window_v2", window, *piece)
        _step_was_recorded(session, window, "transcribe")  # as the version before wrote down
    with worker(environment(on_postgres, weights)):
        for recording_id in (first, second):
            wait_for(has_ended(on_postgres, recording_id))

    states = [look(on_postgres, recording_id).state for recording_id in (first, second)]
    assert states == [RecordingState.ready, RecordingState.ready]
    with on_postgres.database.reading() as session:
        assert queues.is_open(session, "of-a-version-to-come")  # kept for who knows it


def _step_was_recorded(session: Session, workflow: str, step: str) -> None:
    columns = ("workflow_uuid", "function_id", "function_name", "output", "retention_timestamp")
    outputs = sa.table("operation_outputs", *map(sa.column, columns), schema="dbos")
    row = dict(zip(columns, (workflow, 1, step, "true", 1), strict=True))
    session.execute(sa.insert(outputs).values(row))


def test_a_queue_that_there_is_not_is_refused_in_words(on_postgres: Backends, weights: Path) -> None:
    command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--queues", "mastering,mixing"]
    refused = subprocess.run(
        command, cwd=ROOT, env=environment(on_postgres, weights), capture_output=True, text=True, check=False
    )

    assert refused.returncode == 2
    assert "there is no queue 'mixing'. Choose from mastering, transcription." in refused.stderr


def _done_by(backends: Backends, recording_id: uuid.UUID) -> dict[str, str]:
    """Which worker did each piece of a recording's way, by what its name ends with."""
    first = engine.workflow_id(look(backends, recording_id))
    flows = sa.table("workflow_status", sa.column("workflow_uuid"), sa.column("executor_id"), schema="dbos")
    with backends.database.reading() as session:
        rows = session.execute(sa.select(flows).where(flows.c.workflow_uuid.startswith(first)))
        return {name.removeprefix(first): executor for name, executor in rows}
