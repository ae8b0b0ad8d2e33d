"""The border of a step: what it works with, and what becomes of everything that can go wrong in it.

The file's fault refuses the recording, the death of a child is counted, an outage is waited out without
burning anything, and what nobody expected fails the recording with words and a log line.
"""

import errno
import logging
import random
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audio.errors import ChildDied, RecordingRefused, SandboxBroken
from app.audio.sandbox import ffmpeg_path
from app.backends import Backends
from app.models import Recording, RecordingState, Step
from app.pipeline import queues
from app.services import recordings
from app.storage.errors import StoreFull, StoreUnavailable
from transcription.errors import WeightsError

#: An outage is waited out: 1, 2, 4 ... seconds, at most five minutes between two tries.
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0

OUTAGES = (StoreUnavailable, StoreFull, sa.exc.OperationalError, sa.exc.InterfaceError, WeightsError)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

BROKEN = (
    "The sound could not be processed: the program that reads it stopped twice. "
    "The recording may be damaged. Save it again in another format, for example WAV or MP3, and upload that."
)
OURS = (
    "Something went wrong on our side. Your recording is kept. "
    "Try again, and tell the operator if it happens twice."
)

log = logging.getLogger("hearth.pipeline")

T = TypeVar("T")


class Overtaken(Exception):
    """Another worker has taken over and gone on: what this one made is not wanted any more."""


@dataclass(frozen=True)
class Hands:
    """What a step works with."""

    backends: Backends
    folder: Path
    ffmpeg: Path
    #: Where the windows of the recordings that are worked on here go.
    windows_queue: str = queues.WINDOWS

    #: Set once when the engine is launched in this process.
    _current: ClassVar["Hands | None"] = None
    #: ffmpeg uses all cores; two recordings at once would only slow each other.
    one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def take(cls, backends: Backends, executor_id: str, windows_queue: str = queues.WINDOWS) -> "Hands":
        """Begin work in this process, in an empty folder of this worker's own.

        Raises SandboxBroken where there is no ffmpeg: found once, now, since looking for it starts it.
        """
        ffmpeg = find_ffmpeg(backends)
        folder = backends.settings.data / "work" / executor_id
        # on SQLite nobody else works: what lies beside is left over from processes that were killed
        shutil.rmtree(folder.parent if backends.settings.is_sqlite else folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cls._current = cls(backends, folder, ffmpeg, windows_queue)
        return cls._current

    @classmethod
    def let_go(cls) -> None:
        """End work in this process."""
        cls._current = None

    @classmethod
    def now(cls) -> "Hands":
        """The hands of this process."""
        if cls._current is None:
            raise RuntimeError("no worker runs in this process")
        return cls._current

    @classmethod
    def backends_now(cls) -> Backends:
        """The backends of this process."""
        return cls.now().backends

    def job_folder(self, recording: Recording) -> Path:
        """A folder for this attempt alone; it outlives a step, not the recording's way."""
        folder = self.folder / f"{recording.id}-{recording.attempt}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clear(self, recording_id: uuid.UUID, attempt: int) -> None:
        """The local copies are no longer needed."""
        shutil.rmtree(self.folder / f"{recording_id}-{attempt}", ignore_errors=True)

    @contextmanager
    def ending(self, recording: Recording, step: Step) -> Iterator[tuple[Session, Recording]]:
        """The one transaction that ends a step, with the recording's row held.

        Raises Overtaken where the row has gone on without us: a worker that was frozen longer than its
        heartbeat allows must not write over what its successor has made.
        """
        with self.backends.database.begin() as session:
            row = recordings.in_work(session, recording.id, recording.attempt, hold=True)
            if row is None or row.step is not step:
                raise Overtaken
            yield session, row

    def reporter(self, recording: Recording, step: Step) -> Callable[[float], None]:
        """Something that writes the step's progress at most once a second, in a transaction of its own."""
        last_s = 0.0

        def report(fraction: float) -> None:
            nonlocal last_s
            if time.monotonic() - last_s < 1.0:
                return
            last_s = time.monotonic()
            with self.backends.database.begin() as session:
                recordings.report(session, recording.id, step, fraction)

        return report


def find_ffmpeg(backends: Backends) -> Path:
    """The program that reads sound, tried once. Raises SandboxBroken where there is none that runs."""
    path = ffmpeg_path(backends.settings.ffmpeg)
    try:
        subprocess.run([path, "-version"], check=True, capture_output=True, timeout=30, env={})
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxBroken(f"The ffmpeg at {path} does not run: {type(error).__name__}.") from error
    return path


def guarded(step: Step, recording_id: str, attempt: int, work: Callable[[Hands, Recording], None]) -> bool:
    """Run one step of one recording to an end that is a row; whether the next step should follow."""
    hands = Hands.now()

    def whole() -> bool:
        return _until_ended(hands, step, recording_id, attempt, work)

    return patiently(f"step={step} recording={recording_id}", whole)


def patiently(what: str, work: Callable[[], T]) -> T:
    """What `work` gives, however long the store or the database is away; nobody is blamed for that."""
    wait_s = FIRST_WAIT_S
    while True:
        try:
            return work()
        except Exception as error:  # the step's border: an outage is no end
            if not _is_outage(error):
                raise
            log.warning("%s waits %.0f s: %s", what, wait_s, _words(error))
        time.sleep(wait_s * random.uniform(0.8, 1.2))  # noqa: S311  (so that workers do not come back in step)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def _is_outage(error: Exception) -> bool:
    return isinstance(error, OUTAGES) or (isinstance(error, OSError) and error.errno in NO_ROOM)


def _words(error: Exception) -> str:
    """What happened, without the statement and its values: those may be what somebody said."""
    return f"{type(error).__name__}: {error.orig if isinstance(error, sa.exc.DBAPIError) else error}"


def _until_ended(
    hands: Hands, step: Step, recording_id: str, attempt: int, work: Callable[[Hands, Recording], None]
) -> bool:
    while True:
        started_s = time.monotonic()
        try:
            recording = _enter(hands, step, recording_id, attempt)
            if recording is None:
                return _is_done(hands, step, recording_id, attempt)
            work(hands, recording)
        except Overtaken:
            log.info("step=%s recording=%s attempt=%d overtaken", step, recording_id, attempt)
            return False
        except RecordingRefused as error:
            return _stop(hands, step, recording_id, attempt, RecordingState.refused, error.reason)
        except ChildDied as error:
            log.warning("step=%s recording=%s child died: %s", step, recording_id, error)
            if not _may_retry(hands, step, recording_id, attempt, str(error)):
                return _stop(hands, step, recording_id, attempt, RecordingState.failed, BROKEN)
        except Exception as error:  # the step's border: nothing may leave a recording "working" for ever
            if _is_outage(error):
                raise
            log.exception("step=%s recording=%s", step, recording_id)
            return _stop(hands, step, recording_id, attempt, RecordingState.failed, OURS)
        else:
            log.info(
                "step=%s recording=%s attempt=%d seconds=%.2f",
                step, recording_id, attempt, time.monotonic() - started_s,
            )  # fmt: skip
            return True


def _enter(hands: Hands, step: Step, recording_id: str, attempt: int) -> Recording | None:
    with hands.backends.database.begin() as session:
        recording = recordings.in_work(session, uuid.UUID(recording_id), attempt, hold=True)
        if recording is None:
            return None
        if recordings.is_past(recording, step):
            raise Overtaken
        recordings.enter(session, recording, step, hands.backends.clock())
        _load(recording)
        return recording


def _is_done(hands: Hands, step: Step, recording_id: str, attempt: int) -> bool:
    """A recording that nobody wants any more, or one whose last step ended just before its worker did."""
    hands.clear(uuid.UUID(recording_id), attempt)
    with hands.backends.database.reading() as session:
        return step is Step.index and recordings.has_arrived(session, uuid.UUID(recording_id), attempt)


def _load(recording: Recording) -> None:
    """Rows that steps read after the session is closed."""
    _ = recording.episode.show.community


def _may_retry(hands: Hands, step: Step, recording_id: str, attempt: int, last_words: str) -> bool:
    with hands.backends.database.begin() as session:
        recording = recordings.in_work(session, uuid.UUID(recording_id), attempt, hold=True)
        return recording is None or recordings.child_died(session, recording, step, last_words)


def _stop(
    hands: Hands, step: Step, recording_id: str, attempt: int, state: RecordingState, reason: str
) -> bool:
    log.info("step=%s recording=%s attempt=%d ended=%s", step, recording_id, attempt, state)
    with hands.backends.database.begin() as session:
        recording = recordings.in_work(session, uuid.UUID(recording_id), attempt, hold=True)
        if recording is not None and not recordings.is_past(recording, step):
            recordings.stop(session, recording, state, reason, hands.backends.clock())
    hands.clear(uuid.UUID(recording_id), attempt)
    return False
