"""Files that only their owner may read, and that are on the disk when we say so."""

import os
from pathlib import Path
from typing import IO, Protocol

PIECE_BYTES = 1024 * 1024


class Readable(Protocol):
    """Whatever gives its bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


def private(path: Path) -> IO[bytes]:
    """A file to write that only its owner may read, also where an older one was left."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    os.fchmod(file.fileno(), 0o600)
    return file


def write(source: Readable, target: Path) -> None:
    """All bytes of the source into a private file."""
    with private(target) as file:
        while piece := source.read(PIECE_BYTES):
            file.write(piece)
        sync(file)


def sync(file: IO[bytes]) -> None:
    """What was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
