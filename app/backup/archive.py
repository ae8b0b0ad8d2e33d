"""The file of a backup: a plain tar whose last member, the manifest, has the sha256 of all others.

Version 1 was of SQLite alone: one member `hearth.db` in place of `rows/`. It is read, and no longer written.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.backup.errors import BackupError
from app.backup.files import PIECE_BYTES, Readable
from app.storage.errors import KeyRefused
from app.storage.keys import checked_key

VERSION = 2
MANIFEST = "manifest.json"
#: Version 1: the copy of its SQLite database.
DATABASE = "hearth.db"

_OBJECTS = "objects/"
_ROWS = re.compile(r"rows/([a-z_]{1,60})\.jsonl")


class Writer:
    """Members one after the other into a file that is open for writing."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._tar = tarfile.TarFile(fileobj=raw, mode="w", copybufsize=PIECE_BYTES)
        self._sha256: dict[str, str] = {}

    def add_rows(self, table: str, file: IO[bytes]) -> None:
        """The lines of a table, from a file that was just written."""
        size_bytes = file.tell()
        file.seek(0)
        self._add(f"rows/{table}.jsonl", size_bytes, file)

    def add_object(self, key: str, size_bytes: int, source: Readable) -> None:
        """An object of the store; nothing of it stays in the file where reading it fails."""
        self._add(f"{_OBJECTS}{key}", size_bytes, source)

    def finish(self, facts: dict[str, Any]) -> None:
        """The manifest, and the end of the tar."""
        manifest = json.dumps({"version": VERSION, **facts, "sha256": self._sha256}).encode()
        self._put(MANIFEST, len(manifest), _Pieces(manifest))
        self._tar.close()

    def _add(self, name: str, size_bytes: int, source: Readable) -> None:
        hashed = _Hashed(source)
        start = self._tar.offset
        try:
            self._put(name, size_bytes, hashed)
        except BaseException:
            self._raw.seek(start)
            self._raw.truncate()
            self._tar.offset = start
            raise
        self._sha256[name] = hashed.sha256.hexdigest()

    def _put(self, name: str, size_bytes: int, source: Readable) -> None:
        info = tarfile.TarInfo(name)
        info.size = size_bytes
        info.mode = 0o600
        self._tar.addfile(info, source)  # type: ignore[arg-type]  # it only reads


class _Hashed:
    """What is read, and its hash."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self.sha256.update(piece)
        return piece


class _Pieces:
    """Bytes that are there already."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int, /) -> bytes:
        piece, self._left = self._left[:size], self._left[size:]
        return piece


@dataclass(frozen=True)
class Archive:
    """A whole file of a backup, all of whose hashes were right."""

    path: Path
    version: int
    #: The revision of its tables; "" in version 1, which says it in its database.
    revision: str
    #: Keys of objects that its rows name and that the store did not have.
    missing: tuple[str, ...]
    #: Of the secret of the service; nothing in version 1.
    mark: dict[str, str]
    sha256: dict[str, str]
    #: Where each member lies in the file.
    members: dict[str, tarfile.TarInfo]

    @property
    def keys(self) -> list[str]:
        """Of its objects."""
        return [name.removeprefix(_OBJECTS) for name in self.sha256 if name.startswith(_OBJECTS)]

    def tables(self) -> list[str]:
        """Those that it has rows of."""
        return [found[1] for name in self.sha256 if (found := _ROWS.fullmatch(name))]

    @contextmanager
    def rows(self, table: str) -> Iterator[IO[bytes]]:
        """The lines of a table."""
        with self.member(f"rows/{table}.jsonl") as file:
            yield file

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """One member, to be read."""
        with tarfile.open(self.path) as tar, _opened(tar, self.members[name]) as file:
            yield file

    def objects(self) -> Iterator[tuple[str, int, str, IO[bytes]]]:
        """Every object in the order of the file: key, size, sha256, and the bytes to read at once."""
        with tarfile.open(self.path) as tar:
            for key in self.keys:
                member = self.members[_OBJECTS + key]
                with _opened(tar, member) as file:
                    yield key, member.size, self.sha256[member.name], file


def open_archive(path: Path) -> Archive:
    """Read all of the file once. Raises BackupError unless every hash is right."""
    found: dict[str, str] = {}
    members: dict[str, tarfile.TarInfo] = {}
    manifest: Any = None
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                _check_name(member)
                with _opened(tar, member) as file:
                    if member.name == MANIFEST:
                        manifest = json.loads(file.read())
                    else:
                        members[member.name] = member
                        # IO does not say that it has readinto; tarfile's files do
                        hashed = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
                        found[member.name] = hashed.hexdigest()
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BackupError(f"{path} is not a backup, or it is damaged.") from error
    if not isinstance(manifest, dict) or manifest.get("version") not in (1, VERSION):
        raise BackupError(f"{path} is not a complete backup that this version can read.")
    if manifest.get("sha256") != found:
        raise BackupError(f"{path} is damaged: its contents are not those that were backed up.")
    if (manifest["version"] == 1) is not (DATABASE in found):
        raise BackupError(f"{path} is damaged: it has no rows.")
    missing = tuple(manifest.get("missing", ()))
    revision, mark = manifest.get("revision", ""), manifest.get("secret", {})
    return Archive(path, manifest["version"], revision, missing, mark, found, members)


@contextmanager
def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[IO[bytes]]:
    file = tar.extractfile(member)
    if file is None:
        raise BackupError("The backup holds something that is no plain file.")
    with file:
        yield file


def _check_name(member: tarfile.TarInfo) -> None:
    """Only plain files under the names that we write."""
    if not member.isreg():
        raise BackupError("The backup holds something that is no plain file.")
    if member.name in (MANIFEST, DATABASE) or _ROWS.fullmatch(member.name):
        return
    try:
        if not member.name.startswith(_OBJECTS):
            raise KeyRefused(ascii(member.name[:100]))
        checked_key(member.name.removeprefix(_OBJECTS))
    except KeyRefused as error:
        raise BackupError("The backup holds a name that this service would not write.") from error
