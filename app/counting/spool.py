"""Spool files: one for each process and hour, only ever appended to, read by the worker and then removed.

A line is one small write at the end of the file (POSIX, O_APPEND), so processes and threads need no lock,
and a reader sees whole lines but for the last. Nothing is waited for: a line that the machine loses in a
power cut is one listener who is not counted.
"""

import errno
import os
import re
import secrets
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.counting.lines import Line, parsed, written

#: Below the data directory.
FOLDER = "counting"
#: A file of an hour takes no more than this: half a million lines.
MOST_BYTES = 64 * 1024**2
#: How long after its hour somebody may still be writing the line that they began in it.
GRACE = timedelta(minutes=5)
#: Read at once, and counted in one transaction.
PIECE_BYTES = 512 * 1024

_NAME = re.compile(r"(\d{8}T\d{2})\.\d{1,10}-[0-9a-f]{12}\.spool", re.ASCII)
_HOUR = "%Y%m%dT%H"


class Spool:
    """The files that this process writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = secrets.token_hex(6)  # with several machines no two files have one name
        self._lock = threading.Lock()
        self._held: tuple[str, _Handle] | None = None

    def write(self, line: Line) -> None:
        """Add the line. Raises OSError, having written nothing or a part that no reader takes for a line."""
        self.append(line.at, written(line))

    def append(self, at: datetime, text: bytes) -> None:
        """Add a line to the file of this hour. Raises OSError, as above."""
        handle = self._handle(f"{at.astimezone(UTC).strftime(_HOUR)}.{os.getpid()}-{self._mark}.spool")
        if os.fstat(handle.number).st_size >= MOST_BYTES:
            raise OSError(errno.EFBIG, "this hour's spool file is full")
        os.write(handle.number, text)

    def _handle(self, name: str) -> "_Handle":
        """The open file of this name, opened anew where somebody has removed it."""
        held = self._held
        if held is not None and held[0] == name and os.fstat(held[1].number).st_nlink:
            return held[1]
        with self._lock:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = _Handle(self._folder / name)
            self._held = (name, handle)
            return handle


class _Handle:
    """A file open at its end; closed when the last thread that writes to it lets go."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __del__(self) -> None:
        if hasattr(self, "number"):
            os.close(self.number)


def files(folder: Path) -> list[Path]:
    """The spool files of this machine, oldest hour first."""
    return sorted(path for path in folder.glob("*.spool") if _NAME.fullmatch(path.name))


def is_finished(name: str, now: datetime) -> bool:
    """Whether nobody writes to this file any more."""
    found = _NAME.fullmatch(name)
    if found is None:
        return False
    hour = datetime.strptime(found[1], _HOUR).replace(tzinfo=UTC)
    return now >= hour + timedelta(hours=1) + GRACE


def name_from(moment: datetime) -> str:
    """What the names of this hour's files begin with; earlier ones sort before it."""
    return moment.astimezone(UTC).strftime(_HOUR)


def read(path: Path, offset: int) -> tuple[list[Line], int]:
    """What the whole lines from there on say, and up to where; a piece at a time. Raises OSError."""
    texts, end = read_lines(path, offset)
    return [line for text in texts if (line := parsed(text)) is not None], end


def read_lines(path: Path, offset: int) -> tuple[list[bytes], int]:
    """The whole lines from there on, and up to where that is; a piece at a time. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        text = file.read(PIECE_BYTES)
    end = text.rfind(b"\n") + 1
    if end == 0 and len(text) == PIECE_BYTES:
        end = len(text)  # no line of ours is so long: leave it behind
    return text[:end].split(b"\n"), offset + end
