"""What a store of files can do, whichever it is.

The protocol that a folder and an S3 bucket both keep; tests/storage/test_contract.py holds them to it.
Objects are written whole or not at all and are only ever replaced whole, so whoever reads one never sees
half of it. Must not know what the objects are for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from app.storage.errors import PartsWrong, PartUnreasonable

# Amazon S3, "Multipart upload limits": a folder keeps them too, so that one can take the place of the other.
PART_COUNT_LIMIT = 10_000
PART_SIZE_LIMIT_BYTES = 5 * 2**30

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ObjectInfo:
    """One object.

    `etag` is opaque, stays while the bytes stay and changes when they are replaced. `modified_at` is aware
    UTC and never earlier than the moment at which the object came under its key; it may be later.
    """

    key: str
    size_bytes: int
    media_type: str
    etag: str
    modified_at: datetime


@dataclass(frozen=True)
class SignedPart:
    """Where and how a sender puts one part, without any other permission."""

    url: str
    method: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class StoredPart:
    """A part that has arrived, whole and with the hash it was announced with.

    `sha256_hex` is None where the store does not tell it again.
    """

    number: int
    size_bytes: int
    sha256_hex: str | None


@dataclass(frozen=True)
class ExpectedPart:
    """A part that must be there to complete an upload; its hash was held to when it arrived."""

    number: int
    size_bytes: int


@dataclass(frozen=True)
class OpenUpload:
    """An upload that was begun and neither completed nor given up."""

    key: str
    upload_id: str
    begun_at: datetime


class ObjectStore(Protocol):
    """Files under keys. Every call may raise KeyRefused and StoreUnavailable, and writing, StoreFull."""

    def put_file(self, key: str, path: Path) -> ObjectInfo:
        """Store a copy of the file; durable when this returns."""

    def put_bytes(self, key: str, content: bytes) -> ObjectInfo:
        """Store the bytes; durable when this returns."""

    def head(self, key: str) -> ObjectInfo:
        """What lies under the key; raises ObjectMissing."""

    def exists(self, key: str) -> bool:
        """Whether anything lies under the key."""

    def open_range(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """A reader of `length` bytes from `start`, or of all that follow; to be closed by the caller.

        A negative start counts from the end, as in HTTP's suffix ranges, and takes no length. Beyond the
        end there is nothing to read, which is no error. Raises ObjectMissing.
        """

    def read_range(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """The bytes that `open_range` would give."""

    def download(self, key: str, path: Path) -> None:
        """Write the object's bytes to a file of the caller's; raises ObjectMissing and leaves no file.

        What is wrong with the caller's own file or disk is said by an OSError, here as in `put_file`.
        """

    def local_path(self, key: str) -> AbstractContextManager[Path]:
        """A file with the object's bytes, to be read only.

        In a folder it is the object itself; elsewhere a temporary copy that is gone afterwards: for whole
        recordings rather `download` to a place with room.
        """

    def copy(self, source: str, target: str) -> ObjectInfo:
        """Store the source's bytes under the target as well; raises ObjectMissing."""

    def delete(self, key: str) -> None:
        """Remove the object; nothing to remove is no error."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object of a kind, or of a kind and UUID, in the order of their keys."""

    def signed_get(
        self,
        key: str,
        *,
        method: Literal["GET", "HEAD"] = "GET",
        expires_in_s: int = 900,
        file_name: str | None = None,
    ) -> str | None:
        """An address that lets anybody read the object for a while, or None where the service must serve it.

        Made for one method only: S3 answers 403 to a HEAD on an address that was signed for GET.
        With a file name, the browser is told to save the object under it.
        """

    def begin(self, key: str) -> str:
        """Open an upload in parts to a key that has no object yet; gives the upload's id.

        Raises UploadFinished where there is an object. One key, one upload.
        """

    def part_address(
        self, key: str, upload_id: str, number: int, *, size_bytes: int, sha256_hex: str, expires_in_s: int
    ) -> SignedPart:
        """Where to put one part: good only for this number, size and hash, and only for a while.

        Makes no call to the store. Parts may come in any order and more than once; the last to arrive
        counts. Every part but the last has at least 5 MiB (S3's rule).
        """

    def parts(self, key: str, upload_id: str) -> tuple[StoredPart, ...]:
        """The parts that have arrived, by number; raises UploadMissing, UploadFinished."""

    def received_bytes(self, key: str, upload_id: str) -> int:
        """How much of an open upload lies there; 0 for one that is not open. Waits for nobody."""

    def complete(self, key: str, upload_id: str, expected: Sequence[ExpectedPart]) -> ObjectInfo:
        """Put the parts together; safe to call again. Raises PartsWrong, UploadMissing, UploadFinished.

        Before the object is there it is not there at all; afterwards no part can change it. Called again,
        it gives the same object; UploadFinished is raised only if that has another size than the parts now
        expected.
        """

    def abort(self, key: str, upload_id: str) -> None:
        """Give an upload up and free its room; nothing to give up is no error."""

    def abandoned(self, older_than: datetime) -> Iterator[OpenUpload]:
        """The uploads that were begun earlier and are still open, for a sweep."""

    def tidy(self, older_than: datetime) -> int:
        """Remove older half-written files that crashes left; objects and uploads stay. Gives how many."""

    def free_bytes(self) -> int | None:
        """Room left, or None where the store does not say."""

    def check(self) -> None:
        """Return when the store works; raises StoreUnavailable or StoreFull."""


def expected_parts(size_bytes: int, part_size_bytes: int) -> tuple[ExpectedPart, ...]:
    """The parts into which a recording of this size is cut."""
    starts = range(0, size_bytes, part_size_bytes)
    return tuple(
        ExpectedPart(number, min(part_size_bytes, size_bytes - start))
        for number, start in enumerate(starts, 1)
    )


def check_part(key: str, number: int, size_bytes: int, sha256_hex: str) -> None:
    """Raise PartUnreasonable for a part that cannot be."""
    likely = 1 <= number <= PART_COUNT_LIMIT and 1 <= size_bytes <= PART_SIZE_LIMIT_BYTES
    if not likely or not _SHA256.fullmatch(sha256_hex):
        raise PartUnreasonable(f"{key} part {number}")


def check_expected(key: str, expected: Iterable[ExpectedPart]) -> tuple[ExpectedPart, ...]:
    """The expected parts by number; raises PartsWrong unless they are 1, 2, 3 ... without a gap."""
    ordered = tuple(sorted(expected, key=lambda part: part.number))
    counted = Counter(part.number for part in ordered)
    wrong = tuple(
        number for number, times in counted.items() if times > 1 or not 1 <= number <= PART_COUNT_LIMIT
    )
    if not ordered or wrong:
        raise PartsWrong(key, wrong=wrong)
    missing = tuple(number for number in range(1, ordered[-1].number) if number not in counted)
    if missing:
        raise PartsWrong(key, missing=missing)
    return ordered


def check_arrived(key: str, expected: Iterable[ExpectedPart], stored: Iterable[StoredPart]) -> None:
    """Raise PartsWrong, naming every part that has to be sent, unless all that is expected has arrived."""
    arrived = {part.number: part for part in stored}
    missing = []
    wrong = []
    for part in expected:
        there = arrived.get(part.number)
        if there is None:
            missing.append(part.number)
        elif there.size_bytes != part.size_bytes:
            wrong.append(part.number)
    if missing or wrong:
        raise PartsWrong(key, missing=tuple(missing), wrong=tuple(wrong))
