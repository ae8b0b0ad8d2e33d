"""A worker process: takes its place, beats, works, and goes down without ceremony."""

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

import sqlalchemy as sa

from app.audio.errors import SandboxBroken
from app.backends import Backends
from app.pipeline import engine, housekeeping, places, queues
from app.pipeline.border import Hands
from app.pipeline.places import Place, PlaceTaken
from app.pipeline.places import open_lock as open_lock  # the backup asks whether anybody works
from app.pipeline.places import try_lock as try_lock
from app.pipeline.taking import Taker
from app.pipeline.waiting import in_short
from app.settings import Settings
from transcription.transcriber import REMOTE_ENGINE, why_not_here
from transcription.weights import why_not

log = logging.getLogger("hearth.worker")

#: Exit code when somebody else has taken over this worker's work; a supervisor starts it again.
SUPERSEDED = 75
#: Whoever asks a worker to go waits half a minute at most, and then kills it.
GOES_WITHIN_S = 5.0
#: glibc, malloc.h
_M_ARENA_MAX = -8


def run(
    backends: Backends,
    name: str | None = None,
    served: Sequence[str] = tuple(queues.SERVED),
    dead_after_s: float = engine.DEAD_AFTER_S,
) -> int:
    """Work on these queues until SIGTERM or SIGINT; the exit code.

    On SQLite a second worker waits for the first to end: one process with several slots is what
    SQLite takes (house, decision 2).
    """
    _keep_memory_small()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    _go_in_time(stopping)
    only = take_only_place(backends, stopping)
    if stopping.is_set():
        return 0
    settings = backends.settings
    wrong = _why_deaf(settings) if queues.TRANSCRIPTION in served else ""
    if wrong:
        log.error("this worker cannot work: %s", wrong)
        return 1
    try:
        place = places.take(backends, name)
        limits = queues.limits(settings.slots, served)
        heartbeat = begin(backends, place, limits, dead_after_s=dead_after_s, going_down=stopping)
    except (SandboxBroken, PlaceTaken) as error:
        log.error("this worker cannot work: %s", error)
        return 1
    except sa.exc.DBAPIError as error:  # not the newest version, or away since a moment ago
        log.error("this worker cannot work: %s (has flask migrate been run?)", in_short(error))
        return 1
    taker = Taker(backends.database, place.name, limits)
    taker.start()
    housekeeping.start(backends, stopping)
    log.info("worker started", extra={"worker": place.name, "slots": backends.settings.slots})
    while not stopping.wait(0.2):
        if heartbeat.superseded.is_set():
            log.warning("worker was taken over by another", extra={"worker": place.name})
            return SUPERSEDED
    taker.stop()
    heartbeat.stop()
    log.info("worker stopped", extra={"worker": place.name})
    del only, place
    return 0


def _go_in_time(stopping: threading.Event) -> None:
    """End this process soon after it is asked to, though the database, or whatever it does, stands still.

    What it had in work others find by its silence then.
    """

    def watch() -> None:
        stopping.wait()
        time.sleep(GOES_WITHIN_S)
        log.warning("worker goes without a word: something does not answer")
        leave(0)

    threading.Thread(target=watch, name="end", daemon=True).start()


def _why_deaf(settings: Settings) -> str:
    """Why no recording could be heard with these settings; nothing where all may be well."""
    if wrong := why_not_here(settings.engine):
        return f"HEARTH_ENGINE {settings.engine} {wrong}"
    if settings.engine == REMOTE_ENGINE:
        return ""
    wrong = why_not(settings.model, settings.weights or settings.data / "weights")
    return wrong and f"HEARTH_MODEL {wrong}"


def _keep_memory_small() -> None:
    """Two arenas instead of eight a core: threads that decode in turn then share freed memory (glibc)."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 2)


def begin(
    backends: Backends,
    place: Place,
    limits: Mapping[str, int],
    *,
    pieces_queue: str = queues.TRANSCRIPTION,
    dead_after_s: float = engine.DEAD_AFTER_S,
    going_down: threading.Event | None = None,
) -> engine.Heartbeat:
    """Announce this process and start working in it, on so much of each kind at a time."""
    if not backends.settings.is_sqlite:
        places.clear_left(backends.settings.data)
    Hands.take(backends, place.name, pieces_queue=pieces_queue, going_down=going_down)
    heartbeat = engine.Heartbeat(backends.database, place.name, backends.settings.slots, dead_after_s)
    heartbeat.start()
    try:
        place.remember(heartbeat.incarnation)
        with backends.database.begin() as session:
            queues.hand_back(session, [place.name])  # what a process that was killed here had taken
        engine.launch(backends.database, place.name, limits)
    except BaseException:
        heartbeat.stop()
        raise
    return heartbeat


def begin_own(backends: Backends) -> tuple[Place, engine.Heartbeat, Taker]:
    """Start working in this process for what it claims, and for nothing else."""
    place = places.take(backends, kind="-publish")
    own, limits = queues.own(queues.TRANSCRIPTION, place.name), queues.limits(backends.settings.slots)
    heartbeat = begin(backends, place, limits, pieces_queue=own)
    taker = Taker(backends.database, place.name, limits, only_own=True)
    taker.start()
    return place, heartbeat, taker


def take_only_place(backends: Backends, stopping: threading.Event) -> IO[bytes] | None:
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


def leave(code: int) -> None:
    """End at once. Children die with us (PR_SET_PDEATHSIG); the step in work is done again by the next."""
    logging.shutdown()
    os._exit(code)
