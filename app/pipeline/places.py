"""The places of workers on this machine: a name, a lock that dies with its process, a folder to work in.

The name is the executor id of the durable engine: a worker that comes back to its place finds its own work
at once, and no two living processes may share one. The kernel frees a lock however a process ends. This
file must not know what a worker does.
"""

import fcntl
import itertools
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from app.backends import Backends
from app.pipeline import engine


class PlaceTaken(Exception):
    """Another worker has this name; the text says what to do."""


@dataclass(frozen=True)
class Place:
    """A place that is ours until this process ends, or until it is left."""

    name: str
    folder: Path
    lock: IO[bytes]

    def remember(self, incarnation: str) -> None:
        """Write down who is here, so that whoever comes next knows a row of ours from a namesake's."""
        self.lock.truncate(0)
        self.lock.write(f"{socket.gethostname()} {incarnation}".encode())
        self.lock.flush()

    def leave(self) -> None:
        """Nothing of it stays but the name of its lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def take(backends: Backends, name: str | None = None, kind: str = "") -> Place:
    """The place that the operator named, or the first free one of this host: `host-0`, `host-1`, ...

    Raises PlaceTaken where a living worker has the name, on this machine or another.
    """
    if name is not None:
        place = _take(backends, quote(name, safe=" "))
        if place is None:
            raise PlaceTaken(
                f"Another worker is called “{name}” and is alive. Leave --name out, or choose another name. "
                f"If that worker has just died on another machine, try again in {engine.DEAD_AFTER_S:.0f} s."
            )
        return place
    host = quote(socket.gethostname(), safe="") + kind
    for number in itertools.count():
        place = _take(backends, f"{host}-{number}")
        if place is not None:
            return place
    raise AssertionError  # numbers do not end


def clear_left(data: Path) -> list[str]:
    """Remove the working folders of this host's places in which nobody is any more; their names."""
    left = []
    for folder in sorted((data / "work").glob("*/")):
        path = _lock_path(data, folder.name)
        if not path.exists():
            continue
        with open_lock(path) as lock:
            if try_lock(lock) and path.read_text().split()[:1] == [socket.gethostname()]:
                shutil.rmtree(folder, ignore_errors=True)
                left.append(folder.name)
    return left


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


def _take(backends: Backends, name: str) -> Place | None:
    data = backends.settings.data
    path = _lock_path(data, name)
    lock = open_lock(path)
    if try_lock(lock):
        _host, _, incarnation = path.read_text().partition(" ")
        with backends.database.reading() as session:
            elsewhere = engine.lives_elsewhere(session, name, incarnation)
        if not elsewhere:
            place = Place(name, data / "work" / name, lock)
            place.remember(incarnation)  # the host, before there is a folder
            return place
    lock.close()
    return None


def _lock_path(data: Path, name: str) -> Path:
    return data / "places" / f"{name}.lock"
