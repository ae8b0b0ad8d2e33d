"""The store in a folder on this machine: the embedded default.

Here are its uploads: what S3 answers itself, this service answers.

    <root>/parts/<key, with ~ for />~<upload id>/<number>-<sha256>

An upload is a folder whose name says everything about it, a part a file whose name says its number and
hash. The moment at which the object appears under its key decides that the upload is finished: whoever dies
before has changed nothing, whoever comes after changes nothing. One lock for each upload, held by the
kernel and thus let go when its holder dies, keeps a late part and the putting together apart, over threads
and processes. Must not know Flask: the web layer hands `receive_part` the stream of its request.
"""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from app.storage import durable
from app.storage.addresses import PartAddress, opened, sealed
from app.storage.counting import errors_counted
from app.storage.errors import (
    KeyRefused,
    PartHashWrong,
    PartLengthWrong,
    StoreUnavailable,
    UploadError,
    UploadFinished,
    UploadMissing,
)
from app.storage.folder_objects import FolderObjects
from app.storage.keys import checked_key
from app.storage.store import (
    ExpectedPart,
    ObjectInfo,
    OpenUpload,
    SignedPart,
    StoredPart,
    check_arrived,
    check_expected,
    check_part,
)

# Small enough that sixteen senders at once take 4 MiB.
_PIECE_BYTES = 256 * 1024
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{32}")
_PART_NAME = re.compile(r"([0-9]{5})-([0-9a-f]{64})")


class Stream(Protocol):
    """What the bytes of a request are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@errors_counted
class FolderStore(FolderObjects):
    """An ObjectStore in a folder, and the receiving end of its parts."""

    def __init__(
        self, root: Path, *, base_url: str, secret: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        """Make the folder where it is missing; `base_url` is the public address of this service."""
        super().__init__(root)
        self._parts = self._root / "parts"
        self._parts.mkdir(mode=durable.FOLDER_MODE, exist_ok=True)
        durable.sync_folder(self._root)
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self._clock = clock

    def begin(self, key: str) -> str:
        """Open an upload in parts; see ObjectStore."""
        if self.exists(key):
            raise UploadFinished(key)
        # The time in front, since a folder's own times change with every part.
        upload_id = f"{int(self._clock()):08x}-{uuid4().hex}"
        with self._writing(key):
            self._upload_folder(key, upload_id).mkdir(mode=durable.FOLDER_MODE)
            durable.sync_folder(self._parts)
        return upload_id

    def part_address(
        self, key: str, upload_id: str, number: int, *, size_bytes: int, sha256_hex: str, expires_in_s: int
    ) -> SignedPart:
        """An address of this service for one part; see ObjectStore."""
        self._upload_folder(key, upload_id)
        check_part(key, number, size_bytes, sha256_hex)
        expires_at_s = self._clock() + expires_in_s
        address = PartAddress(key, upload_id, number, size_bytes, sha256_hex, expires_at_s)
        return SignedPart(f"{self._base_url}/parts/{sealed(address, self._secret)}", "PUT", {})

    def receive_part(self, token: str, stream: Stream, content_length: int | None) -> StoredPart:
        """Take in one part from `PUT /parts/<token>`; durable when this returns, untouched when it raises.

        Raises PartAddressForged, PartAddressExpired, PartLengthWrong, PartHashWrong, UploadMissing,
        UploadFinished and StoreFull. Reads at most the bytes that the address is for, and none at all if it
        refuses beforehand.
        """
        address = opened(token, self._secret, self._clock())
        key = address.key
        subject = f"{key} part {address.number}"
        if content_length != address.size_bytes:
            raise PartLengthWrong(subject)
        if not self._upload_folder(key, address.upload_id).is_dir():
            raise self._gone(key)
        with self._writing(key), durable.new_file(self._incoming) as (file, path):
            hashed = hashlib.sha256()
            left_bytes = address.size_bytes
            while left_bytes:
                piece = _read(stream, min(left_bytes, _PIECE_BYTES), subject)
                hashed.update(piece)
                file.write(piece)
                left_bytes -= len(piece)
            if hashed.hexdigest() != address.sha256_hex:
                raise PartHashWrong(subject)
            durable.sync_file(file)
            with self._held(key, address.upload_id) as folder:
                _put_part(path, folder, address.number, address.sha256_hex)
        return StoredPart(address.number, address.size_bytes, address.sha256_hex)

    def parts(self, key: str, upload_id: str) -> tuple[StoredPart, ...]:
        """The parts that have arrived; see ObjectStore."""
        with self._writing(key), self._held(key, upload_id) as folder:
            return tuple(part for part, _ in _parts_in(folder))

    def received_bytes(self, key: str, upload_id: str) -> int:
        """How much lies there; see ObjectStore. Takes no lock: putting together may hold it for long."""
        if not _UPLOAD_ID.fullmatch(upload_id):
            checked_key(key)
            return 0  # of another store, which was set before
        with self._writing(key), suppress(FileNotFoundError):
            return sum(part.size_bytes for part, _ in _parts_in(self._upload_folder(key, upload_id)))
        return 0

    def complete(self, key: str, upload_id: str, expected: Sequence[ExpectedPart]) -> ObjectInfo:
        """Put the parts together; see ObjectStore. Needs room for a second copy meanwhile."""
        ordered = check_expected(key, expected)
        try:
            with self._writing(key), self._held(key, upload_id) as folder:
                self._join(key, folder, ordered)
        except UploadFinished:
            if self.head(key).size_bytes != sum(part.size_bytes for part in ordered):
                raise
        self.abort(key, upload_id)
        return self.head(key)

    def abort(self, key: str, upload_id: str) -> None:
        """Give an upload up; see ObjectStore."""
        folder = self._upload_folder(key, upload_id)
        condemned = self._incoming / uuid4().hex
        with self._writing(key):
            try:
                handle = _locked(folder)
            except FileNotFoundError:
                return
            try:
                # Away at once, so that no part is ever accepted into a half-removed upload.
                with suppress(FileNotFoundError):
                    folder.rename(condemned)
                durable.sync_folder(self._parts)
            finally:
                os.close(handle)
            shutil.rmtree(condemned, ignore_errors=True)

    def abandoned(self, older_than: datetime) -> Iterator[OpenUpload]:
        """The uploads begun earlier and still open; see ObjectStore."""
        with self._writing("parts"):
            names = sorted(path.name for path in self._parts.iterdir())
        for name in names:
            said, _, upload_id = name.rpartition("~")
            if not _UPLOAD_ID.fullmatch(upload_id):
                continue
            begun_at = datetime.fromtimestamp(int(upload_id[:8], 16), UTC)
            if begun_at < older_than:
                yield OpenUpload(checked_key(said.replace("~", "/")), upload_id, begun_at)

    def _upload_folder(self, key: str, upload_id: str) -> Path:
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise KeyRefused(ascii(upload_id[:100]))
        return self._parts / f"{checked_key(key).replace('/', '~')}~{upload_id}"

    @contextmanager
    def _held(self, key: str, upload_id: str) -> Iterator[Path]:
        """The upload's folder, for whoever holds its lock."""
        folder = self._upload_folder(key, upload_id)
        try:
            handle = _locked(folder)
        except FileNotFoundError:
            raise self._gone(key) from None
        try:
            # It may have been removed, or finished, while this one waited.
            if not folder.is_dir() or self.exists(key):
                raise self._gone(key)
            yield folder
        finally:
            os.close(handle)

    def _gone(self, key: str) -> UploadError | StoreUnavailable:
        if not self._parts.is_dir():
            return StoreUnavailable(key)
        return UploadFinished(key) if self.exists(key) else UploadMissing(key)

    def _join(self, key: str, folder: Path, expected: Sequence[ExpectedPart]) -> None:
        found = _parts_in(folder)
        check_arrived(key, expected, [part for part, _ in found])
        paths = {part.number: path for part, path in found}
        with durable.replacing(self._path(key), self._incoming) as file:
            size_bytes = 0
            for part in expected:
                size_bytes += part.size_bytes
                if durable.append(paths[part.number], file) != size_bytes:
                    raise StoreUnavailable(f"{key} part {part.number} cannot be read whole")


def _locked(folder: Path) -> int:
    """A handle that has the folder's lock until it is closed."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        os.close(handle)
        raise
    return handle


def _read(stream: Stream, size: int, subject: str) -> bytes:
    try:
        piece = stream.read(size)
    except OSError as error:
        raise PartLengthWrong(subject) from error
    if not piece:
        raise PartLengthWrong(subject)
    return piece


def _put_part(path: Path, folder: Path, number: int, sha256_hex: str) -> None:
    name = f"{number:05}-{sha256_hex}"
    path.replace(folder / name)
    for older in folder.glob(f"{number:05}-*"):
        if older.name != name:
            older.unlink()
    durable.sync_folder(folder)


def _parts_in(folder: Path) -> list[tuple[StoredPart, Path]]:
    """The parts by number; of two with one number, which only a crash leaves, the one that came last."""
    found: dict[int, tuple[int, StoredPart, Path]] = {}
    for path in folder.iterdir():
        named = _PART_NAME.fullmatch(path.name)
        if not named:
            continue
        status = path.stat(follow_symlinks=False)
        part = StoredPart(int(named[1]), status.st_size, named[2])
        if part.number not in found or found[part.number][0] < status.st_mtime_ns:
            found[part.number] = (status.st_mtime_ns, part, path)
    return [(part, path) for _, (_, part, path) in sorted(found.items())]
