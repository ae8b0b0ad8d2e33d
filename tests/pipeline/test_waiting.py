"""What waits, for its turn or for an outage to pass, says so; what nobody wants any more stops."""

import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audio.errors import ChildFailed
from app.backends import Backends
from app.models import Account, Recording, RecordingState, Step
from app.pipeline import steps
from app.pipeline.border import Hands, guarded
from app.services import episodes, recordings
from app.services.progress import WAITS, progress
from tests.audio.sounds import generate
from tests.fakes import SaidAloud
from tests.pipeline.making import (
    all_the_way,
    do,
    enqueue,
    environment,
    look,
    ready,
    wait_for,
    worker,
)
from transcription.errors import WeightsError


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of noise: it takes a while to check."""
    return generate("anoisesrc=d=3600:a=0.1", tmp_path_factory.mktemp("long") / "noise.flac")


@contextmanager
def doing(backends: Backends, recording_id: uuid.UUID, step: Step) -> Iterator[list[bool]]:
    """The step in a thread; at the end of the block it has ended, and the list has what it gave."""
    gave: list[bool] = []
    thread = threading.Thread(target=lambda: gave.append(do(backends, recording_id, step)))
    thread.start()
    yield gave
    thread.join(60)
    assert not thread.is_alive()


def to_bin(backends: Backends, recording_id: uuid.UUID) -> None:
    with backends.database.begin() as session:
        owner = session.scalars(sa.select(Account)).one()
        episodes.to_bin(session, recordings.get(session, recording_id).episode, owner, backends.clock())


def children() -> set[int]:
    """Programs that read sound and that this process has started."""
    found = set()
    for tasks in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for child in tasks.read_text().split():
                if b"ffmpeg" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.add(int(child))
    return found


def words(backends: Backends, recording_id: uuid.UUID) -> str:
    with backends.database.reading() as session:
        return progress(recordings.get(session, recording_id), backends.clock()).words


def test_a_recording_that_waits_for_its_turn_says_so(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    assert words(hands.backends, recording_id) == WAITS
    do(hands.backends, recording_id, Step.receive)

    with hands.one_at_a_time, doing(hands.backends, recording_id, Step.inspect) as gave:
        wait_for(lambda: look(hands.backends, recording_id).step is Step.inspect, 20)
        wait_for(lambda: words(hands.backends, recording_id) == WAITS, 20)
        hands.one_at_a_time.release()
        wait_for(lambda: gave, 60)
        hands.one_at_a_time.acquire()
    assert gave == [True]
    assert look(hands.backends, recording_id).step_started_at == hands.backends.clock()


def test_an_episode_moved_to_the_bin_ends_its_child_and_frees_the_turn(
    hands: Hands, long_sound: Path
) -> None:
    recording_id = ready(hands.backends, long_sound)
    do(hands.backends, recording_id, Step.receive)
    with doing(hands.backends, recording_id, Step.inspect) as gave:
        wait_for(children, 30)
        to_bin(hands.backends, recording_id)
        wait_for(lambda: gave, 6)
        assert children() == set()

    assert gave == [False]
    assert hands.one_at_a_time.acquire(blocking=False)
    hands.one_at_a_time.release()
    assert list(hands.folder.iterdir()) == []


def test_an_episode_moved_to_the_bin_waits_for_no_turn(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    do(hands.backends, recording_id, Step.receive)
    with hands.one_at_a_time, doing(hands.backends, recording_id, Step.inspect) as gave:
        wait_for(lambda: look(hands.backends, recording_id).step_started_at is None, 20)
        to_bin(hands.backends, recording_id)
        wait_for(lambda: gave, 6)

    assert gave == [False]


@pytest.mark.parametrize("step", [Step.inspect, Step.master])
def test_a_worker_that_is_ended_together_with_its_children_blames_no_recording(
    step: Step, backends: Backends, weights: Path, long_sound: Path
) -> None:
    """A service manager sends SIGTERM to every process of a service (systemd, KillMode=control-group)."""
    recording_id = ready(backends, long_sound)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights)) as ended:
        wait_for(
            lambda: look(backends, recording_id).step is step and any(map(is_reading, ended.children())), 120
        )
        for pid in (*ended.children(), ended.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

        assert ended.process.wait(20) == 0
    assert look(backends, recording_id).state is RecordingState.working


def is_reading(pid: int) -> bool:
    """Whether the child has become the program that reads sound, and has begun."""
    with suppress(OSError):
        return b"-progress" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"launcher")[0]
    return False


def failing_once(error: Exception, work: Callable[[Hands, Recording], None]) -> Callable[..., None]:
    """The work of a step, which ends by this error when it is first tried."""
    errors = [error]

    def tried(hands: Hands, recording: Recording) -> None:
        hands.job_folder(recording)
        if errors:
            raise errors.pop()
        work(hands, recording)

    return tried


def test_a_disk_that_is_full_while_a_child_writes_is_waited_for(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    all_the_way(hands.backends, recording_id, Step.inspect)
    full = ChildFailed(exit_code=228, last_words="recording.mp3: No space left on device")
    folders: list[int] = []

    def master(given: Hands, recording: Recording) -> None:
        folders.append(len(list(given.folder.glob("*/*"))))
        steps.master(given, recording)

    assert guarded(Step.master, str(recording_id), 1, failing_once(full, master))
    assert look(hands.backends, recording_id).state is RecordingState.working
    assert folders == [0]  # what it had taken was free for others


def test_a_child_that_gives_up_for_another_reason_is_not_tried_for_ever(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    all_the_way(hands.backends, recording_id, Step.inspect)
    broken = ChildFailed(exit_code=1, last_words="Conversion failed")

    assert not guarded(Step.master, str(recording_id), 1, failing_once(broken, steps.master))
    assert look(hands.backends, recording_id).state is RecordingState.failed


def test_after_a_while_the_producer_reads_what_is_waited_for_and_then_nothing(
    backends: Backends, voice: Path
) -> None:
    said, read = SaidAloud(), []
    recording_id = ready(backends, voice)

    def fetch() -> SaidAloud:
        read.append(look(backends, recording_id).reason)
        if len(read) < 3:
            raise WeightsError("they are not here yet")
        return said

    hands = Hands.take(replace(backends, engine=fetch), "here", say_after_s=0.5)
    assert all_the_way(hands.backends, recording_id, Step.windows)
    assert read[:2] == ["", ""]  # a short outage is nobody's business
    assert read[2].startswith("The speech model is not there yet.")
    assert look(backends, recording_id).reason == ""
    Hands.let_go()


def test_progress_that_cannot_be_written_ends_no_child(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    recording = look(hands.backends, recording_id)
    report = hands.reporter(recording, Step.receive)
    with hands.backends.database.begin() as session:
        session.execute(sa.text("ALTER TABLE recordings RENAME TO away"))
    report(0.5)
    with hands.backends.database.begin() as session:
        session.execute(sa.text("ALTER TABLE away RENAME TO recordings"))

    assert look(hands.backends, recording_id).progress == 0.0


def test_a_frozen_worker_does_not_move_the_bar_of_the_next_attempt(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    frozen = look(hands.backends, recording_id)
    with hands.backends.database.begin() as session:
        row = recordings.get(session, recording_id)
        recordings.stop(session, row, RecordingState.failed, "It broke.", hands.backends.clock())
    hands.reporter(frozen, Step.receive)(0.4)
    with hands.backends.database.begin() as session:
        recordings.try_again(session, recordings.get(session, recording_id), hands.backends.clock())
    hands.reporter(frozen, Step.receive)(0.9)
    assert look(hands.backends, recording_id).progress == 0.0

    hands.reporter(look(hands.backends, recording_id), Step.receive)(0.2)
    assert look(hands.backends, recording_id).progress == 0.2
