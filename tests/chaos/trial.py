"""What one row of the table is given to work with, and where it writes down what it has found."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

from tests.chaos.ground import Ground
from tests.chaos.place import Place

T = TypeVar("T")

_speaking = threading.Lock()


def say(words: str) -> None:
    """A line for the person who watches; standard output belongs to the result."""
    with _speaking:
        print(words, file=sys.stderr, flush=True)


@dataclass
class Trial:
    """One run of one row."""

    ground: Ground
    folder: Path
    rng: Random
    #: A few faults only, for the tests of every day.
    few: bool = False
    faults: int = 0
    broken: list[str] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)

    def fault(self, number: int = 1) -> None:
        """So many faults have just been provoked."""
        self.faults += number

    def expect(self, holds: object, words: str) -> None:
        """Write it down where something does not hold."""
        if not holds:
            self.broken.append(words)

    def same(self, expected: object, found: object, what: str) -> None:
        """Write it down where something is not what it should be."""
        self.expect(expected == found, f"{what}: {found!r} instead of {expected!r}")

    def wait(self, what: Callable[[], T], limit_s: float, words: str) -> T | None:
        """The first true value; written down as broken where it does not come."""
        until_s = time.monotonic() + limit_s
        while True:
            value = what()
            if value or time.monotonic() > until_s:
                self.expect(value, f"{words} (waited {limit_s:g} s)")
                return value or None
            time.sleep(0.05)

    def place(self, name: str = "place", **env: str) -> Place:
        """A service of this trial's own: database, store, a producer with a show; nothing runs yet."""
        self._places.append(Place.make(self.ground, self.folder / name, env))
        return self._places[-1]

    def close(self) -> None:
        """Let go of the databases of its services."""
        for place in self._places:
            place.close()


@dataclass(frozen=True)
class Row:
    """One kind of fault: its number in the list of requirements, what happens, and who provokes it."""

    kind: str
    name: str
    words: str
    work: Callable[[Trial], None]
    #: Takes long: begun first, so that a run ends evenly.
    long: bool = False
    #: Needs disks of its own: runs in a user namespace in which it may mount some.
    mounts: bool = False
    #: What it does to an embedded database or folder has no meaning for a server, or is the same there.
    embedded: bool = False
    #: Needs servers, and workers beside each other (`--real`).
    real: bool = False
