"""Objects in a folder on this machine: all of the folder store but its uploads (app/storage/folder.py).

    <root>/objects/<key>          finished objects, never written to again
    <root>/incoming/<random>      half-written files; what a crash leaves, `tidy` removes

Both must be on one file system, since finishing is a rename. Several processes may share the folder.
"""

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Literal

from app.storage import durable
from app.storage.counting import errors_counted
from app.storage.errors import KeyRefused, ObjectMissing, StoreFull, StoreUnavailable
from app.storage.keys import KINDS, checked_key, checked_prefix, media_type
from app.storage.store import ObjectInfo

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_COPY_PIECE_BYTES = 2**20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@errors_counted
class FolderObjects:
    """Objects in a folder."""

    def __init__(self, root: Path) -> None:
        """Make the folder where it is missing."""
        self._root = root.resolve()
        self._objects = self._root / "objects"
        self._incoming = self._root / "incoming"
        self._root.mkdir(mode=durable.FOLDER_MODE, parents=True, exist_ok=True)
        for folder in (self._objects, self._incoming, *(self._objects / kind for kind in KINDS)):
            folder.mkdir(mode=durable.FOLDER_MODE, exist_ok=True)
        for folder in (self._objects, self._root, self._root.parent):
            durable.sync_folder(folder)

    def put_file(self, key: str, path: Path) -> ObjectInfo:
        """Store a copy of the file; see ObjectStore."""
        target = self._path(key)
        with path.open("rb"), self._writing(key), durable.replacing(target, self._incoming) as file:
            durable.append(path, file)
        return self.head(key)

    def put_bytes(self, key: str, content: bytes) -> ObjectInfo:
        """Store the bytes; see ObjectStore."""
        target = self._path(key)
        with self._writing(key), durable.replacing(target, self._incoming) as file:
            file.write(content)
        return self.head(key)

    def head(self, key: str) -> ObjectInfo:
        """What lies under the key; see ObjectStore."""
        path = self._path(key)
        with self._reading(key):
            status = path.stat(follow_symlinks=False)
        if not S_ISREG(status.st_mode):
            raise ObjectMissing(key)
        return ObjectInfo(
            key=key,
            size_bytes=status.st_size,
            media_type=media_type(key),
            # A replaced object is another inode, so the tag differs even within one tick of the clock.
            etag=f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
            # Not mtime: a copy shares its source's bytes and would seem as old as those.
            modified_at=datetime.fromtimestamp(status.st_ctime, UTC),
        )

    def exists(self, key: str) -> bool:
        """Whether anything lies under the key; see ObjectStore."""
        try:
            self.head(key)
        except ObjectMissing:
            return False
        return True

    def open_range(self, key: str, start: int = 0, length: int | None = None) -> io.BufferedReader:
        """A reader of some of the bytes; see ObjectStore."""
        info = self.head(key)
        first = max(0, info.size_bytes + start) if start < 0 else start
        with self._reading(key):
            file = self._path(key).open("rb")
        file.seek(first)
        return io.BufferedReader(_Stretch(file, info.size_bytes if length is None else length))

    def read_range(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Some of the bytes; see ObjectStore."""
        with self.open_range(key, start, length) as reader, self._reading(key):
            return reader.read()

    def download(self, key: str, path: Path) -> None:
        """Write the bytes to a file of the caller's; see ObjectStore."""
        self.head(key)
        with self._reading(key):
            reader = self._path(key).open("rb")
        with reader, path.open("wb") as file:
            shutil.copyfileobj(reader, file, _COPY_PIECE_BYTES)

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """The object itself, to be read only; see ObjectStore."""
        self.head(key)
        yield self._path(key)

    def copy(self, source: str, target: str) -> ObjectInfo:
        """Store the source's bytes under the target as well; see ObjectStore."""
        self.head(source)
        path = self._path(source)
        with self._writing(target):
            self._link(path, self._path(target))
        return self.head(target)

    def delete(self, key: str) -> None:
        """Remove the object; see ObjectStore."""
        with self._writing(key):
            durable.remove(self._path(key), and_empty_folder=key.count("/") == 2)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object below the prefix; see ObjectStore."""
        top = self._objects / checked_prefix(prefix)
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                key = (Path(folder) / name).relative_to(self._objects).as_posix()
                try:
                    info = self.head(key)
                except (KeyRefused, ObjectMissing):
                    # Not ours, or removed since the folder was read.
                    continue
                yield info

    def signed_get(
        self,
        key: str,
        *,
        method: Literal["GET", "HEAD"] = "GET",
        expires_in_s: int = 900,
        file_name: str | None = None,
    ) -> str | None:
        """None: the service serves the file itself; see ObjectStore."""
        checked_key(key)
        return None

    def tidy(self, older_than: datetime) -> int:
        """Remove older half-written files; see ObjectStore."""
        removed = 0
        with self._writing("incoming"):
            for path in self._incoming.iterdir():
                if path.lstat().st_mtime >= older_than.timestamp():
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
                removed += 1
        return removed

    def free_bytes(self) -> int | None:
        """Room left on the file system; see ObjectStore."""
        with self._writing("free room"):
            return shutil.disk_usage(self._root).free

    def check(self) -> None:
        """Write, read and remove a small file; see ObjectStore."""
        with self._writing("check"), durable.new_file(self._incoming) as (file, path):
            file.write(b"works")
            durable.sync_file(file)
            if path.read_bytes() != b"works":
                raise StoreUnavailable("what was written does not come back")

    def _path(self, key: str) -> Path:
        """Where the key lies; a link anywhere on the way is refused, since it could lead out of the store."""
        path = self._objects / checked_key(key)
        if os.path.realpath(path) != str(path):
            raise KeyRefused(f"{key} lies behind a link")
        return path

    def _link(self, source: Path, target: Path) -> None:
        """Give the bytes a second name: they never change, so nothing has to be copied."""
        path = self._incoming / os.urandom(16).hex()
        try:
            os.link(source, path, follow_symlinks=False)
            durable.move(path, target)
        except OSError as error:
            if error.errno in _FULL:
                raise
            # Some file systems know no links, and some owners may not make them.
            with durable.replacing(target, self._incoming) as file:
                durable.append(source, file)
        finally:
            # A rename between two names of one file leaves both.
            path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull(key) from error
            raise StoreUnavailable(key) from error

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            if self._objects.is_dir():
                raise ObjectMissing(key) from error
            # A disk that was taken away must not look like recordings that were deleted.
            raise StoreUnavailable(key) from error
        except OSError as error:
            raise StoreUnavailable(key) from error


class _Stretch(io.RawIOBase):
    """A file that ends after some bytes."""

    def __init__(self, file: io.BufferedReader, length: int) -> None:
        self._file = file
        self._left_bytes = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        done = self._file.readinto(memoryview(buffer)[: self._left_bytes])
        self._left_bytes -= done
        return done

    def close(self) -> None:
        self._file.close()
        super().close()
