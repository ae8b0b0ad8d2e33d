"""Objects out of a store and into one, in pieces, with patience for a store that is away for a moment."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.backup import files
from app.backup.files import Readable
from app.storage import ObjectStore
from app.storage.errors import ObjectMissing, StoreFull, StoreUnavailable

_AT_ONCE_BYTES = 8 * 1024 * 1024
#: Pauses before a call is made again, on top of what the store's own client does.
PAUSES_S = (0.2, 1.0, 5.0, 15.0)

Got = TypeVar("Got")


class Pieces:
    """An object as a reader that asks for a few megabytes at a time, and again where that fails."""

    def __init__(self, store: ObjectStore, key: str, size_bytes: int) -> None:
        self._store, self._key, self._size_bytes = store, key, size_bytes
        self._read_bytes = 0
        self._held = b""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end. Raises StorageError."""
        if not self._held and self._read_bytes < self._size_bytes:
            start = self._read_bytes
            length = min(_AT_ONCE_BYTES, self._size_bytes - start)
            self._held = patiently(lambda: self._store.read_range(self._key, start, length))
            if len(self._held) != length:
                raise StoreUnavailable(f"{self._key} ends too soon")
            self._read_bytes += length
        piece, self._held = self._held[:size], self._held[size:]
        return piece


def patiently(call: Callable[[], Got]) -> Got:
    """Make the call, and again after a pause where the store is not available."""
    for pause_s in PAUSES_S:
        try:
            return call()
        except StoreFull:
            raise
        except StoreUnavailable:
            time.sleep(pause_s)
    return call()


def put_back(
    store: ObjectStore, key: str, size_bytes: int, sha256: str, source: Readable, place: Path
) -> None:
    """The object into the store by way of a file at `place`; nothing where it lies there already."""
    if _lies_there(store, key, size_bytes, sha256):
        return
    files.write(source, place)
    patiently(lambda: store.put_file(key, place))


def _lies_there(store: ObjectStore, key: str, size_bytes: int, sha256: str) -> bool:
    try:
        if patiently(lambda: store.head(key)).size_bytes != size_bytes:
            return False
        found, pieces = hashlib.sha256(), Pieces(store, key, size_bytes)
        while piece := pieces.read(files.PIECE_BYTES):
            found.update(piece)
    except ObjectMissing:
        return False
    return found.hexdigest() == sha256
