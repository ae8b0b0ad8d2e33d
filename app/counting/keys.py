"""The key of a UTC day: random, shared by the processes of one machine, gone when the day is over.

Without it nobody can find out which address a line was written for, not even by trying all of them.
"""

import os
import re
import secrets
import tempfile
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

_KEY_BYTES = 32
#: A key that has no name after so long was being made by a process that died.
_UNNAMED_S = 60.0
_NAME = re.compile(r"key-(\d{4}-\d{2}-\d{2})", re.ASCII)


class DayKeys:
    """The keys of one data directory, as this process uses them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: tuple[date, bytes] | None = None

    def of(self, day: date) -> bytes:
        """The day's key, made where no process of this machine has made it yet. Raises OSError."""
        held = self._held
        if held is not None and held[0] == day:
            return held[1]
        with self._lock:
            destroy_former(self._folder, day)
            key = _kept(self._folder, day)
            if held is None or held[0] < day:  # what was asked before midnight must not displace today's
                self._held = (day, key)
            return key


def destroy_former(folder: Path, today: date) -> None:
    """Remove the keys of days that are over, and those of days that a wrong clock has dreamt of."""
    for path in folder.glob("key-*"):
        day = _day_of(path.name)
        if day is None or day < today or day > today + timedelta(days=1):
            path.unlink(missing_ok=True)
    for path in folder.glob("new-*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _UNNAMED_S:
                path.unlink()


def _day_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _kept(folder: Path, day: date) -> bytes:
    path = folder / f"key-{day.isoformat()}"
    for _ in range(2):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = b""
        if len(key) == _KEY_BYTES:
            return key
        path.unlink(missing_ok=True)
        _keep(path)
    return path.read_bytes()


def _keep(path: Path) -> None:
    """A new key under its name whole or not at all; of two processes the first one's stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, arriving = tempfile.mkstemp(dir=path.parent, prefix="new-")  # for its owner only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        with suppress(FileExistsError):  # another process of ours was first
            os.link(arriving, path)
    finally:
        Path(arriving).unlink()
