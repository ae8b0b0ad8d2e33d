"""Files that are there whole or not at all, also after a crash or a power cut.

Temporary file, fsync, rename, fsync of the folder (house, decision 6). Must not know what a key or an
upload is.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

FOLDER_MODE = 0o750
# Nobody writes to a finished file, not even the service: it is replaced as a whole.
FILE_MODE = 0o440

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_TRIES = 10
_PIECE_BYTES = 2**30


@contextmanager
def new_file(incoming: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file to write and the path where it lies; gone afterwards unless it was moved away."""
    path = incoming / uuid4().hex
    try:
        with os.fdopen(os.open(path, _NEW, FILE_MODE), "wb") as file:
            yield file, path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def replacing(target: Path, incoming: Path) -> Iterator[BinaryIO]:
    """A file to write: takes the target's place when the block ends well, leaves no trace otherwise."""
    with new_file(incoming) as (file, path):
        yield file
        sync_file(file)
        move(path, target)


def move(path: Path, target: Path) -> None:
    """Put a finished file in its place, at once and for good."""
    for attempt in range(1, _TRIES + 1):
        try:
            target.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
            path.replace(target)
        except (FileNotFoundError, FileExistsError):
            # Whoever removed the last object beside this one removed the folder as well, perhaps just
            # after mkdir had found it and before it had looked whether it is one.
            if attempt == _TRIES or not path.exists():
                raise
        else:
            break
    sync_folder(target.parent)
    sync_folder(target.parent.parent)


def remove(path: Path, *, and_empty_folder: bool) -> None:
    """Remove a file for good; its folder too, if asked for and nothing else is in it."""
    path.unlink(missing_ok=True)
    if and_empty_folder:
        with suppress(OSError):
            path.parent.rmdir()
        sync_folder(path.parent.parent)
    with suppress(FileNotFoundError):
        sync_folder(path.parent)


def append(source: Path, file: BinaryIO) -> int:
    """Copy a file to the end of another, in the kernel where it can; gives the length that this then has."""
    with source.open("rb") as reader:
        size_bytes = os.fstat(reader.fileno()).st_size
        copied_bytes = 0
        file.flush()
        with suppress(AttributeError, OSError):
            # Shares the blocks on file systems that can. What it cannot do, the copy below does or reports.
            while copied_bytes < size_bytes:
                done = os.copy_file_range(reader.fileno(), file.fileno(), _PIECE_BYTES)
                if done == 0:
                    break
                copied_bytes += done
        reader.seek(copied_bytes)
        file.seek(0, os.SEEK_END)
        shutil.copyfileobj(reader, file, 2**20)
        return file.tell()


def sync_file(file: BinaryIO) -> None:
    """Return when the file's bytes are on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when the folder's names are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
