"""The border of a step: what it works with, and what becomes of everything that can go wrong in it.

The file's fault refuses the recording, the death of a child is counted, an outage is waited out without
burning anything, and what nobody expected fails the recording with words and a log line.
"""

import errno
import logging
import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audio.errors import (
    AudioError,
    Cancelled,
    ChildDied,
    ChildFailed,
    RecordingRefused,
    SandboxBroken,
)
from app.audio.sandbox import ffmpeg_path
from app.backends import Backends
from app.metrics import STEP_SECONDS
from app.models import Recording, RecordingState, Step
from app.pipeline import queues
from app.pipeline.following import following
from app.pipeline.waiting import SAY_AFTER_S, in_short, is_no_room, is_outage, patiently
from app.services import recordings

#: How often a child is asked whether it is still wanted.
LOOK_EVERY_S = 2.0
#: A disk with less than this has ended whoever wrote to it.
FULL_BYTES = 4 * 1024**2
#: A service manager ends a worker and its children at the same moment; which end is seen first is chance.
SAME_MOMENT_S = 0.3

BROKEN = (
    "The sound could not be processed: the program that reads it stopped twice. "
    "The recording may be damaged. Save it again in another format, for example WAV or MP3, and upload that."
)
OURS = (
    "Something went wrong on our side. Your recording is kept. "
    "Try again, and tell the operator if it happens twice."
)

log = logging.getLogger("hearth.pipeline")


class Overtaken(Exception):
    """Another worker has taken over and gone on: what this one made is not wanted any more."""


#: How a try of a step may end without being done, failed or an outage, in the figures.
_OUTCOMES = (
    (Overtaken, "overtaken"),
    (Cancelled, "cancelled"),
    (RecordingRefused, "refused"),
    (ChildDied, "child died"),
)


@dataclass(frozen=True)
class Hands:
    """What a step works with."""

    backends: Backends
    folder: Path
    ffmpeg: Path
    #: Where the pieces of the recordings that are worked on here go.
    pieces_queue: str = queues.TRANSCRIPTION
    #: Set when this process is asked to end.
    going_down: threading.Event = field(default_factory=threading.Event)
    #: When the producer is told that something is waited for.
    say_after_s: float = SAY_AFTER_S
    #: The step that this process has entered last, of each recording and attempt.
    entered: dict[tuple[uuid.UUID, int], Step] = field(default_factory=dict)

    #: Set once when the engine is launched in this process.
    _current: ClassVar["Hands | None"] = None
    #: ffmpeg uses all cores; two recordings at once would only slow each other. The queue sees to it, but
    #: for recordings of an earlier version.
    one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def take(
        cls,
        backends: Backends,
        executor_id: str,
        *,
        pieces_queue: str = queues.TRANSCRIPTION,
        going_down: threading.Event | None = None,
        say_after_s: float = SAY_AFTER_S,
    ) -> "Hands":
        """Begin work in this process, in an empty folder of this worker's own.

        Raises SandboxBroken where there is no ffmpeg: found once, now, since looking for it starts it.
        """
        ffmpeg = find_ffmpeg(backends)
        folder = backends.settings.data / "work" / executor_id
        # on SQLite nobody else works: what lies beside is left over from processes that were killed
        shutil.rmtree(folder.parent if backends.settings.is_sqlite else folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cls._current = cls(
            backends, folder, ffmpeg, pieces_queue, going_down or threading.Event(), say_after_s
        )
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

    @property
    def worker(self) -> str:
        """The name of this worker."""
        return self.folder.name

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
        self.entered.pop((recording_id, attempt), None)

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

    @contextmanager
    def turn(self, recording: Recording, step: Step) -> Iterator[None]:
        """The one turn of this process to read sound; a recording that waits for it says so."""
        if not self.one_at_a_time.acquire(blocking=False):
            with self.ending(recording, step) as (_, row):
                recordings.wait_for_turn(row)
            cancelled = self.cancelled(recording, step)
            while not self.one_at_a_time.acquire(timeout=0.2):
                if cancelled():
                    raise Cancelled("nobody wants it any more")
        try:
            self._begin(recording, step)
            yield
        finally:
            self.one_at_a_time.release()

    def _begin(self, recording: Recording, step: Step) -> None:
        """Time counts from here where it was waited."""
        with self.backends.database.reading() as session:
            waited = recordings.waits(recordings.get(session, recording.id))
        if waited:
            with self.ending(recording, step) as (session, row):
                recordings.enter(session, row, step, self.backends.clock())

    def reporter(self, recording: Recording, step: Step) -> Callable[[float], None]:
        """Something that writes the step's progress at most once a second, in a transaction of its own."""
        last_s = 0.0

        def report(fraction: float) -> None:
            nonlocal last_s
            if time.monotonic() - last_s < 1.0:
                return
            last_s = time.monotonic()
            try:
                with self.backends.database.begin() as session:
                    recordings.report(session, recording.id, recording.attempt, step, fraction)
            except sa.exc.SQLAlchemyError as error:  # a bar that stands still is no reason to begin again
                log.warning("progress not kept: %s", in_short(error))

        return report

    def cancelled(self, recording: Recording, step: Step) -> Callable[[], bool]:
        """Something that says whether a child's work is not wanted any more, by a look every two seconds."""
        looked_s = time.monotonic()

        def look() -> bool:
            nonlocal looked_s
            if self.going_down.is_set() or time.monotonic() - looked_s < LOOK_EVERY_S:
                return self.going_down.is_set()
            looked_s = time.monotonic()
            try:
                with self.backends.database.reading() as session:
                    row = recordings.in_work(session, recording.id, recording.attempt)
                    return row is None or row.step is not step
            except sa.exc.SQLAlchemyError:  # nobody can say: then it goes on
                return False

        return look

    def stand_still(self, within_s: float = 0.0) -> None:
        """Do nothing more where this process is going down: what a child's end says then is not true."""
        while self.going_down.wait(within_s):
            time.sleep(1)


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
    job = _Job(hands, step, uuid.UUID(recording_id), attempt)
    with following(recording_id, attempt, step, hands.worker):
        return patiently("step", lambda: _until_ended(job, work), job.say, hands.say_after_s)


@dataclass(frozen=True)
class _Job:
    """One step of one attempt, in these hands."""

    hands: Hands
    step: Step
    recording_id: uuid.UUID
    attempt: int

    def row(self, session: Session) -> Recording | None:
        """The recording, held, if this attempt is still wanted."""
        return recordings.in_work(session, self.recording_id, self.attempt, hold=True)

    def say(self, words: str) -> None:
        """What the producer reads while it waits; not so important that anything may fail by it."""
        with suppress(sa.exc.SQLAlchemyError), self.hands.backends.database.begin() as session:
            row = self.row(session)
            if row is not None:
                row.reason = words


def _until_ended(job: _Job, work: Callable[[Hands, Recording], None]) -> bool:
    while True:
        started_s = time.monotonic()
        try:
            recording = _enter(job)
            if recording is None:
                return _is_done(job)
            with _timed(job.step):
                work(job.hands, recording)
        except Overtaken:
            log.info("step overtaken")
            return False
        except Cancelled:
            job.hands.stand_still()
        except Exception as error:  # the step's border: nothing may leave a recording "working" for ever
            if _has_ended(job, error):
                return False
        else:
            log.info("step done", extra={"seconds": round(time.monotonic() - started_s, 2)})
            return True


@contextmanager
def _timed(step: Step) -> Iterator[None]:
    """One try of a step, in the figures by how it ended."""
    began_s, outcome = time.monotonic(), "done"
    try:
        yield
    except Exception as error:
        outcome = _outcome(error)
        raise
    finally:
        STEP_SECONDS.labels(step.value, outcome).observe(time.monotonic() - began_s)


def _outcome(error: Exception) -> str:
    if is_outage(error):
        return "outage"
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "failed")


def _has_ended(job: _Job, error: Exception) -> bool:
    """Whether this error ends the recording's way; False where the step is to be tried again at once.

    Raises an outage.
    """
    if isinstance(error, AudioError):
        job.hands.stand_still(within_s=SAME_MOMENT_S)
    if _ran_out_of_room(job.hands, error):
        job.hands.clear(job.recording_id, job.attempt)  # others may be waiting for what it took
        raise OSError(errno.ENOSPC, "there is no room to work in") from error
    if is_outage(error):
        raise error
    if isinstance(error, RecordingRefused):
        return _stop(job, RecordingState.refused, error.reason)
    if isinstance(error, ChildDied):
        log.warning("child died: %s", error)
        return not _may_retry(job, str(error)) and _stop(job, RecordingState.failed, BROKEN)
    log.error("step broke", exc_info=error)
    return _stop(job, RecordingState.failed, OURS)


def _ran_out_of_room(hands: Hands, error: Exception) -> bool:
    """Whether the disk that we work on is full: said by the system, by a child, or seen when one gave up."""
    if isinstance(error, ChildFailed):
        full = shutil.disk_usage(hands.folder).free < FULL_BYTES
        return full or os.strerror(errno.ENOSPC) in error.last_words
    return is_no_room(error)


def _enter(job: _Job) -> Recording | None:
    hands, place = job.hands, (job.recording_id, job.attempt)
    with hands.backends.database.begin() as session:
        recording = job.row(session)
        if recording is None:
            return None
        if recordings.is_past(recording, job.step):
            raise Overtaken
        if recording.step is not job.step or hands.entered.get(place) is not job.step:
            recordings.enter(session, recording, job.step, hands.backends.clock())
    hands.entered[place] = job.step
    return recording


def _is_done(job: _Job) -> bool:
    """A recording that nobody wants any more, or one whose last step ended just before its worker did."""
    job.hands.clear(job.recording_id, job.attempt)
    with job.hands.backends.database.reading() as session:
        return job.step is Step.index and recordings.has_arrived(session, job.recording_id, job.attempt)


def _may_retry(job: _Job, last_words: str) -> bool:
    with job.hands.backends.database.begin() as session:
        recording = job.row(session)
        return recording is None or recordings.child_died(session, recording, job.step, last_words)


def _stop(job: _Job, state: RecordingState, reason: str) -> bool:
    """Write down how it ended; always True."""
    log.info("recording ended", extra={"ended": state.value})
    with job.hands.backends.database.begin() as session:
        recording = job.row(session)
        if recording is not None and not recordings.is_past(recording, job.step):
            recordings.stop(session, recording, state, reason, job.hands.backends.clock())
    job.hands.clear(job.recording_id, job.attempt)
    return True
