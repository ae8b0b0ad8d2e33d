"""Recordings that wait for the pipeline, hands that take them through it, and processes that do."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import (
    Account,
    Episode,
    EpisodeKind,
    PublishWish,
    Recording,
    RecordingState,
    Show,
    Step,
    WorkerRow,
)
from app.pipeline import engine, steps
from app.pipeline.border import Hands, guarded
from app.services import drafts, recordings, uploads
from app.storage.keys import recording_key
from tests.factories import WHEN, make_account, make_community, make_membership, make_show

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
SECRET = "not a secret, only for the tests of it"


def receive(
    session: Session,
    backends: Backends,
    sound: Path,
    show: Show | None = None,
    *,
    episode: Episode | None = None,
    wish: PublishWish = PublishWish.none,
    kind: EpisodeKind = EpisodeKind.episode,
    title: str = "Ward round",
) -> Recording:
    """A recording whose bytes are in the store, made by the owner of a show; not yet enqueued."""
    owner = session.query(Account).filter(Account.is_owner).first() or make_account(
        session, is_owner=True, password=None
    )
    show = show or (
        episode.show if episode else make_show(session, make_community(session), title="Nursing now")
    )
    make_membership_once(session, owner, show)
    episode = episode or drafts.create(session, show, title, kind, owner, WHEN)
    episode.wish = wish
    recording_id = uuid.uuid4()
    backends.store.put_file(recording_key(recording_id), sound)
    size_bytes = sound.stat().st_size
    return uploads.receive(
        session, episode, owner, recording_id, sound.name, size_bytes, ("1", WHEN), backends.clock()
    )


def make_membership_once(session: Session, account: Account, show: Show) -> None:
    """The account is a facilitator where the show is."""
    if all(membership.community_id != show.community_id for membership in account.memberships):
        make_membership(session, account, show.community, "facilitator")
        session.refresh(account)


def ready(backends: Backends, sound: Path, **said: object) -> uuid.UUID:
    """A committed recording; its id."""
    with backends.database.begin() as session:
        return receive(session, backends, sound, **said).id  # type: ignore[arg-type]


WORK: dict[Step, Callable[[Hands, Recording], None]] = {
    Step.receive: steps.receive,
    Step.inspect: steps.inspect,
    Step.master: steps.master,
    Step.windows: steps.windows,
    Step.join: steps.join,
    Step.index: steps.index,
}


def do(backends: Backends, recording_id: uuid.UUID, step: Step) -> bool:
    """One step in this process, as the workflow does it; whether the next should follow."""
    attempt = look(backends, recording_id).attempt
    if step is not Step.transcribe:
        return guarded(step, str(recording_id), attempt, WORK[step])
    with backends.database.reading() as session:
        count = len(recordings.windows_of(session, recordings.get(session, recording_id)))

    def one(number: int) -> bool:
        return guarded(
            step, str(recording_id), attempt, lambda hands, row: steps.transcribe(hands, row, number)
        )

    return all([one(number) for number in range(count)])


def all_the_way(backends: Backends, recording_id: uuid.UUID, last: Step = Step.index) -> bool:
    """Every step up to `last`, without the durable engine; whether it went so far."""
    if Hands.now().backends is not backends:
        raise RuntimeError("other hands are at work")
    for step in Step:
        if not do(backends, recording_id, step):
            return False
        if step is last:
            break
    return True


def look(backends: Backends, recording_id: uuid.UUID) -> Recording:
    """The row as it is now, with its episode."""
    with backends.database.reading() as session:
        recording = recordings.get(session, recording_id)
        _ = recording.episode.show.slug, recording.episode.transcript, recording.episode.enclosure
        return recording


def environment(backends: Backends, weights: Path, **more: str) -> dict[str, str]:
    """What a process of ours needs to work on the same data."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HEARTH_DATA": str(backends.settings.data),
        "HEARTH_SECRET": SECRET,
        "HEARTH_WEIGHTS": str(weights.parent),
        "HEARTH_SLOTS": "1",
        "HEARTH_LANGUAGE": "en",
        "DATABASE_URL": backends.settings.database_url,
        **more,
    }


@dataclass
class Worker:
    """A worker process of the test's own."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a machine that loses power would."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """As a deploy does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def children(self) -> set[int]:
        """Processes that it has started and that live."""
        found = set()
        for tasks in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found |= {int(pid) for pid in tasks.read_text().split()}
        return found


@contextmanager
def worker(env: Mapping[str, str], *command: str) -> Iterator[Worker]:
    """A real worker process, or the one that `command` names; gone at the end of the block."""
    words = command or ("-m", "flask", "--app", "app", "worker")
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=dict(env))
    try:
        yield Worker(process)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def wait_for(what: Callable[[], T], limit_s: float = 120, every_s: float = 0.02) -> T:
    """The first true value; an error says that it never came."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        value = what()
        if value:
            return value
        time.sleep(every_s)
    raise AssertionError("it never came to that")


def has_ended(backends: Backends, recording_id: uuid.UUID) -> Callable[[], bool]:
    """Something that says whether the recording's way has ended, one way or another."""
    return lambda: look(backends, recording_id).state is not RecordingState.working


def enqueue(backends: Backends, recording_id: uuid.UUID) -> None:
    """As the upload page does."""
    with backends.database.begin() as session:
        engine.enqueue(session, recordings.get(session, recording_id))


def is_alive(pid: int) -> bool:
    """Whether a process still runs (one that waits to be buried does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def workers(backends: Backends) -> int:
    """How many workers have announced themselves, ever."""
    with backends.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(WorkerRow)) or 0


@contextmanager
def every_child_ended(pid: int, number: signal.Signals = signal.SIGKILL) -> Iterator[None]:
    """Whatever program that reads sound `pid` starts is ended by a signal as soon as it is seen."""
    over = threading.Event()

    def hunt() -> None:
        while not over.is_set():
            for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
                with suppress(OSError):
                    for child in tasks.read_text().split():
                        command = Path(f"/proc/{child}/cmdline").read_bytes()
                        if b"launcher.py" in command or b"ffmpeg" in command:
                            os.kill(int(child), number)
            time.sleep(0.002)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        yield
    finally:
        over.set()
        hunter.join()
