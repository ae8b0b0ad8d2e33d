"""A worker or web process as the service has it, which can be told to hear nothing, lose its store, or die.

Born in tests/chaos/nursery.py, with HEARTH_CHAOS naming a file of orders. It runs the service's own code;
what is put around it is a speech engine of known duration, the clock, and points before and after every
call that changes the store, every letter and every commit.
"""

import fcntl
import hashlib
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import create_app, log
from app.backends import Backends, open_backends, utc_now
from app.db import Database
from app.errors import HearthError
from app.mail import Letter, Mailer
from app.pipeline import housekeeping, worker
from app.serve import serve
from app.settings import read_settings
from app.storage.errors import StoreUnavailable
from tests.chaos.orders import Orders, StoreFault, labels, read_orders
from tests.fakes import SaidAloud
from transcription.errors import WeightsError
from transcription.speech_file import Samples
from transcription.transcript import Segment

#: Calls that change the store, and the one that brings a recording in.
CHANGES = (
    "put_file",
    "put_bytes",
    "copy",
    "delete",
    "begin",
    "receive_part",
    "complete",
    "abort",
    "download",
)
WORDS = "ward round nurse falls sleep carer bedside night story team patient home walk hand tea"
#: How slow a slow store is.
SLOW_S = 1.0


def orders() -> Orders:
    """What this process has been told."""
    return read_orders(Path(os.environ["HEARTH_CHAOS"]))


class Listener:
    """Hears words that follow from the sound alone, and takes as long as it is told."""

    name = "Stand-in words"

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """English, whatever it is."""
        return "en", 0.99

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """Sixteen words that another sound would not give."""
        time.sleep(orders().window_s)
        digest = hashlib.sha256(samples.tobytes()).digest()
        words = WORDS.split()
        text = " ".join(words[byte % len(words)] for byte in digest[:16])
        return SaidAloud(f"{text.capitalize()}.").transcribe(samples, language=language)


def engine() -> Listener:
    """The speech engine, if there is one."""
    if orders().deaf:
        raise WeightsError("the model is not there")
    return Listener()


def clock() -> datetime:
    """The time of day as this machine believes it to be."""
    return utc_now() + timedelta(seconds=orders().clock_s)


class ShakyStore:
    """The real store, which does what the orders say."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._calls: Counter[str] = Counter()
        self._told: list[StoreFault] = []

    @property
    def __class__(self) -> Any:
        """The real one's: the service asks whether its store is a folder, which takes in parts itself."""
        return type(self._real)

    def __getattr__(self, name: str) -> Any:
        """The real one's."""
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def called(*given: Any, **named: Any) -> Any:
            mode = self._mode(name)
            if mode == "down":
                raise StoreUnavailable(name)
            if mode == "slow":
                time.sleep(SLOW_S)
            if name in CHANGES:
                die_at(f"{name} before")
            done = found(*given, **named)
            if name in CHANGES:
                die_at(f"{name} after")
            if mode == "cut":
                raise StoreUnavailable(name)
            return done

        return called

    def _mode(self, name: str) -> str:
        """How this call goes wrong; calls are counted from when the orders were given."""
        told = orders().store
        if told != self._told:
            self._told = told
            self._calls.clear()
        self._calls[name] += 1
        for fault in told:
            if fault.operation == name and fault.first <= self._calls[name] < fault.first + fault.times:
                return fault.mode
        return ""


class ShakyMail:
    """The real mailer, with a point before and after each letter."""

    def __init__(self, real: Mailer) -> None:
        self._real = real
        self.sends = real.sends

    def send(self, letter: Letter) -> None:
        """As the real one."""
        die_at("letter before")
        self._real.send(letter)
        die_at("letter after")


_dying = threading.Lock()
_frozen: list[str] = []


def die_at(point: str) -> None:
    """Kill or freeze this process if it is to end here: at the first point of a step or view that is new."""
    told = orders()
    if not told.killed or (told.freeze and _frozen):
        return
    where = _place(sys._getframe(1))
    label = f"{where}: {point}"
    if not where or (told.only and not any(part in label for part in told.only)):
        return
    with _dying, Path(told.killed).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # there are others
        if label in labels(Path(told.killed)) or (told.freeze and _frozen):
            return
        file.write(f"{label}\n")
        file.flush()
        if not told.freeze:
            os.kill(os.getpid(), signal.SIGKILL)
        _frozen.append(label)
    os.kill(os.getpid(), signal.SIGSTOP)


#: Where the points lie; what beats, reports progress or answers pages is none of them.
_ROOMS = ("app.pipeline.steps", "app.pipeline.housekeeping", "app.web.studio.uploads", "app.web.parts")
_BORDER = ("_enter", "_begin", "_stop")


def _place(frame: FrameType | None) -> str:
    """The functions and lines of a step, a sweep or a view that are at work, innermost first."""
    found = []
    while frame is not None:
        module, name = str(frame.f_globals.get("__name__", "")), frame.f_code.co_name
        if name == "report" or module == "app.pipeline.engine":
            return ""
        if (module in _ROOMS and name != "_run") or (module == "app.pipeline.border" and name in _BORDER):
            found.append(f"{name}:{frame.f_lineno}")
        elif module == "app.pipeline.recording" and found:
            return f"{found[0]} of {name}"
        frame = frame.f_back
    return " in ".join(found)


def shaky(backends: Backends) -> Backends:
    """The real ones with everything around them that can go wrong."""
    sa.event.listen(Session, "before_commit", lambda _session: die_at("commit before"))
    sa.event.listen(Session, "after_commit", lambda _session: die_at("commit after"))
    store: Any = ShakyStore(backends.store)
    # a busy machine may give a process no time for as long as others wait for it here
    database = Database(backends.settings.database_url, 2 * orders().dead_after_s)
    mailer = ShakyMail(backends.mailer)
    return replace(backends, store=store, engine=engine, clock=clock, database=database, mailer=mailer)


def main(part: str) -> None:
    """Work ("worker"), serve ("web"), "sweep", or write "tags" anew."""
    try:
        _be(part)
    except HearthError as error:  # in one line, as the commands say it
        sys.exit(f"Error: {error}")


def _be(part: str) -> None:
    backends = shaky(open_backends(read_settings()))
    log.set_up(backends.settings)
    if part == "worker":
        name = os.environ.get("HEARTH_CHAOS_NAME")
        worker.leave(worker.run(backends, name, dead_after_s=orders().dead_after_s))
    elif part == "web":
        serve(create_app(backends=backends), backends)
    elif part == "sweep":
        housekeeping.sweep(backends)
        housekeeping.sweep_orphans(backends)
    elif part == "tags":
        housekeeping.renew_tags(backends)
    else:
        raise ValueError(part)
