"""Kills a folder store at every step of an operation: `python -m tests.storage.crash OPERATION FOLDER`.

For each call that changes the disk, a child is killed just before it, in a store of its own below the
folder. Prints a line for each: the store's folder and the call that was never made.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from app.storage.folder import FolderStore
from app.storage.keys import recording_key, upload_key
from tests.storage.sending import address, expected, make_bytes

UPLOAD = upload_key(UUID(int=1))
RECORDING = recording_key(UUID(int=2))
OLD = b"what lay there before"
FIRST = make_bytes(300_000, seed=1)
LAST = make_bytes(1000, seed=2)

_CALLS = ("copy_file_range", "fsync", "link", "mkdir", "remove", "rename", "replace", "rmdir", "unlink")


def open_store(folder: Path) -> FolderStore:
    """The store in the folder, with parts handed in directly."""
    return FolderStore(folder, base_url="http://127.0.0.1", secret=b"only for tests")


def put(store: FolderStore) -> Callable[[], object]:
    """Replace an object."""
    store.put_bytes(RECORDING, OLD)
    return lambda: store.put_bytes(RECORDING, FIRST)


def copy(store: FolderStore) -> Callable[[], object]:
    """Copy an object to where another lies."""
    store.put_bytes(UPLOAD, FIRST)
    store.put_bytes(RECORDING, OLD)
    return lambda: store.copy(UPLOAD, RECORDING)


def delete(store: FolderStore) -> Callable[[], object]:
    """Delete an object."""
    store.put_bytes(RECORDING, FIRST)
    return lambda: store.delete(RECORDING)


def receive(store: FolderStore) -> Callable[[], object]:
    """Take in a part."""
    upload_id = store.begin(UPLOAD)
    return lambda: receive_part(store, upload_id, 1, FIRST)


def complete(store: FolderStore) -> Callable[[], object]:
    """Put an upload together."""
    upload_id = store.begin(UPLOAD)
    receive_part(store, upload_id, 1, FIRST)
    receive_part(store, upload_id, 2, LAST)
    return lambda: store.complete(UPLOAD, upload_id, expected(FIRST, LAST))


def abort(store: FolderStore) -> Callable[[], object]:
    """Give an upload up."""
    upload_id = store.begin(UPLOAD)
    receive_part(store, upload_id, 1, FIRST)
    return lambda: store.abort(UPLOAD, upload_id)


def receive_part(store: FolderStore, upload_id: str, number: int, content: bytes) -> None:
    """Hand a part in, as the web layer does."""
    token = address(store, UPLOAD, upload_id, number, content).url.rpartition("/")[2]
    store.receive_part(token, io.BytesIO(content), len(content))


OPERATIONS = {made.__name__: made for made in (put, copy, delete, receive, complete, abort)}


def kill_before_call(number: int, report: int) -> None:
    """Let this process die just before its n-th call that changes the disk, having named the call."""
    left = number

    def deadly(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.write(report, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **named)

        return call

    for name in _CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))


def main() -> None:
    """Kill the operation before its first call, its second, and so on, until it gets through."""
    operation, base = sys.argv[1], Path(sys.argv[2])
    for number in range(1, 1000):
        folder = base / f"{number:03}"
        act = OPERATIONS[operation](open_store(folder))
        reader, report = os.pipe()
        child = os.fork()
        if child == 0:
            kill_before_call(number, report)
            act()
            os._exit(0)
        os.close(report)
        _, status = os.waitpid(child, 0)
        name = os.read(reader, 100).decode()
        os.close(reader)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return
        if not os.WIFSIGNALED(status):
            sys.exit(f"{operation} failed by itself in {folder}")
        print(folder, name)


if __name__ == "__main__":
    main()
