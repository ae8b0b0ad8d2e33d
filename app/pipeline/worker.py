"""A worker process: takes its place, beats, works, and goes down without ceremony."""

import ctypes
import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.audio.errors import SandboxBroken
from app.backends import Backends
from app.pipeline import engine, housekeeping
from app.pipeline.border import Hands

log = logging.getLogger("hearth.worker")

#: Exit code when somebody else has taken over this worker's work; a supervisor starts it again.
SUPERSEDED = 75
#: glibc, malloc.h
_M_ARENA_MAX = -8


def run(backends: Backends, name: str | None = None, queues: Sequence[str] | None = None) -> int:
    """Work until SIGTERM or SIGINT; the exit code.

    On SQLite a second worker waits for the first to end: one process with several slots is what
    SQLite takes (house, decision 2).
    """
    _keep_memory_small()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    executor_id = name or socket.gethostname()
    place = take_place(backends, stopping)
    if stopping.is_set():
        return 0
    try:
        heartbeat = begin(
            backends, executor_id, [*engine.QUEUES, *engine.OWN_QUEUES] if queues is None else queues
        )
    except SandboxBroken as error:
        log.error("worker=%s cannot work: %s", executor_id, error)
        return 1
    housekeeping.start(backends, stopping)
    log.info("worker=%s slots=%d started", executor_id, backends.settings.slots)
    while not stopping.wait(0.2):
        if heartbeat.superseded.is_set():
            log.warning("worker=%s was taken over by another", executor_id)
            return SUPERSEDED
    heartbeat.stop()
    log.info("worker=%s stopped", executor_id)
    del place
    return 0


def _keep_memory_small() -> None:
    """Two arenas instead of eight a core: threads that decode in turn then share freed memory (glibc)."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 2)


def begin(backends: Backends, executor_id: str, queues: Sequence[str]) -> engine.Heartbeat:
    """Announce this process and start working in it."""
    Hands.take(backends, executor_id)
    heartbeat = engine.Heartbeat(backends.database, executor_id, backends.settings.slots)
    heartbeat.start()
    engine.launch(backends.database, executor_id, backends.settings.slots, queues)
    return heartbeat


def finish(backends: Backends, heartbeat: engine.Heartbeat) -> None:
    """End work in a process that has no place of its own to come back to."""
    heartbeat.stop()
    shutil.rmtree(backends.settings.data / "work" / heartbeat.executor_id, ignore_errors=True)


def take_place(backends: Backends, stopping: threading.Event) -> IO[bytes] | None:
    """On SQLite, the one place of a worker beside this database; kept until the process ends."""
    if not backends.settings.is_sqlite:
        return None
    file = open_lock(backends.settings.data / "worker.lock")
    said = False
    while not stopping.is_set():
        if try_lock(file):
            return file
        if not said:
            log.warning(
                "another worker works on this SQLite database; waiting for it to end. "
                "For several workers use PostgreSQL (DATABASE_URL)."
            )
            said = True
        time.sleep(0.5)
    return file


def open_lock(path: Path) -> IO[bytes]:
    """The lock file, made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def try_lock(file: IO[bytes]) -> bool:
    """Whether the lock is now ours; the kernel frees it when the process ends, however it ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def leave(code: int) -> None:
    """End at once. Children die with us (PR_SET_PDEATHSIG); the step in work is done again by the next."""
    logging.shutdown()
    os._exit(code)
