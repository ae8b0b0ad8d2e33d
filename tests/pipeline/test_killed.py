"""Worker processes killed, frozen and asked to go, in every step, with real speech and real Whisper."""

import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import Backends
from app.models import (
    Enclosure,
    Episode,
    EpisodeState,
    FormerEnclosure,
    Notice,
    PublishWish,
    Recording,
    RecordingState,
    Step,
    TranscriptRow,
    Window,
    WorkerRow,
)
from tests.pipeline.making import (
    Worker,
    enqueue,
    environment,
    has_ended,
    is_alive,
    look,
    ready,
    wait_for,
    worker,
    workers,
)


@dataclass(frozen=True)
class Outcome:
    """What a run leaves; the same for a run with and without faults."""

    sentences: tuple[tuple[int, int, str], ...]
    sound_sha256: str
    counts: dict[str, int]
    objects: tuple[str, ...]


def outcome(backends: Backends) -> Outcome:
    with backends.database.reading() as session:
        transcript = session.scalars(sa.select(TranscriptRow)).one()
        enclosure = session.scalars(sa.select(Enclosure)).one()
        tables = (Episode, Recording, TranscriptRow, Enclosure, FormerEnclosure, Notice, Window)
        return Outcome(
            sentences=tuple((row.start_ms, row.end_ms, row.text) for row in transcript.segments),
            sound_sha256=enclosure.sha256,
            counts={
                table.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in tables
            },
            objects=tuple(sorted(info.key.split("/")[0] for info in backends.store.list())),
        )


def runs(backends: Backends) -> list[int]:
    with backends.database.reading() as session:
        return list(session.scalars(sa.select(Window.runs).order_by(Window.number)))


def undisturbed(backends: Backends, sound: Path, weights: Path) -> Outcome:
    """What becomes of the sound when nothing happens; then all of it is taken away again."""
    recording_id = ready(backends, sound, wish=PublishWish.when_ready)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights, HEARTH_SLOTS="2")):
        wait_for(has_ended(backends, recording_id), 240)
        wait_for(lambda: len(list(backends.store.list())) == 2)
    found = outcome(backends)
    with backends.database.begin() as session:
        for table in (Notice, Episode):
            session.execute(sa.delete(table))
    for info in list(backends.store.list()):
        backends.store.delete(info.key)
    return found


@pytest.mark.parametrize(
    ("sound_name", "moment", "killed_in"),
    [
        ("speech", "before", tuple(Step)),
        ("sentence", "after", tuple(Step)),
    ],
)
def test_a_worker_killed_in_its_steps_leaves_what_an_undisturbed_one_leaves(
    sound_name: str,
    moment: str,
    killed_in: tuple[Step, ...],
    backends: Backends,
    weights: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    sound: Path = request.getfixturevalue(sound_name)
    without_faults = undisturbed(backends, sound, weights)
    recording_id = ready(backends, sound, wish=PublishWish.when_ready)
    enqueue(backends, recording_id)
    for step in killed_in:
        marker = tmp_path / f"{step}-{moment}"
        command = ("-m", "tests.pipeline.paused_worker", step.value, moment, str(marker))
        with worker(environment(backends, weights), *command) as paused:
            wait_for(marker.exists, 240)
            paused.kill()
    with worker(environment(backends, weights)):
        wait_for(has_ended(backends, recording_id), 240)
        wait_for(lambda: len(list(backends.store.list())) == 2)

    assert look(backends, recording_id).episode.state is EpisodeState.published
    assert outcome(backends) == without_faults
    # only the window that was being listened to is heard again; once its result is kept not even that
    assert runs(backends) == ([1, 2] if moment == "before" else [1])


def at_work(backends: Backends, recording_id: uuid.UUID, working: Worker) -> set[int]:
    """The children of a worker that has begun the recording."""
    return (
        wait_for(lambda: look(backends, recording_id).sha256 is not None and working.children(), 60) or set()
    )


def test_children_die_with_their_worker_and_the_work_goes_on(
    backends: Backends, speech: Path, weights: Path
) -> None:
    recording_id = ready(backends, speech)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights)) as first:
        children = at_work(backends, recording_id, first)
        first.kill()
    wait_for(lambda: not any(is_alive(child) for child in children), 5)
    begun_s = time.monotonic()
    with worker(environment(backends, weights)) as second:
        at_work(backends, recording_id, second)

        assert time.monotonic() - begun_s < 30
        assert look(backends, recording_id).attempt == 1


def test_a_worker_that_is_asked_to_go_goes_at_once_and_its_step_is_done_by_the_next(
    backends: Backends, speech: Path, weights: Path
) -> None:
    recording_id = ready(backends, speech)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights)) as first:
        children = at_work(backends, recording_id, first)

        assert first.end() == 0
    with backends.database.reading() as session:
        row = session.scalars(sa.select(WorkerRow)).one()

        assert row.stopped_at is not None
    wait_for(lambda: not any(is_alive(child) for child in children), 5)
    with worker(environment(backends, weights)) as second:
        wait_for(lambda: look(backends, recording_id).step is Step.transcribe, 60)

        assert second.end() == 0
    assert look(backends, recording_id).state is RecordingState.working


def test_a_frozen_worker_goes_on_where_it_was(backends: Backends, sentence: Path, weights: Path) -> None:
    recording_id = ready(backends, sentence)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights)) as frozen:
        wait_for(lambda: look(backends, recording_id).step_started_at)
        frozen.process.send_signal(signal.SIGSTOP)
        before = look(backends, recording_id).step
        time.sleep(1)

        assert look(backends, recording_id).step is before
        frozen.process.send_signal(signal.SIGCONT)
        wait_for(has_ended(backends, recording_id), 120)

    assert look(backends, recording_id).state is RecordingState.ready


def test_a_second_worker_beside_sqlite_waits_for_its_place(
    backends: Backends, sentence: Path, weights: Path
) -> None:
    recording_id = ready(backends, sentence)
    with worker(environment(backends, weights)) as first:
        wait_for(lambda: workers(backends) == 1, 60)
        with worker(environment(backends, weights), "-m", "flask", "--app", "app", "worker", "--name", "b"):
            first.kill()
            enqueue(backends, recording_id)
            wait_for(has_ended(backends, recording_id), 120)

    assert look(backends, recording_id).state is RecordingState.ready
    assert workers(backends) == 2
