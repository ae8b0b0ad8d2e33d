"""Everything that cannot be made again, in one file; and back from it into an empty data directory.

For SQLite and the folder store. The file is a plain tar: `manifest.json` (version, sha256 of all that
follows), `hearth.db` (a consistent copy, taken while the service runs) and `objects/<key>`. It holds
everybody's addresses and drafts, so only its owner may read it. The signing secret is not in it: whoever
finds a backup must not be able to sign in with it. Restoring puts the objects first and the database last,
so that an interrupted restore leaves an empty service, not half a one, and can be begun again.
"""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Protocol

from app.backends import Backends
from app.db import sqlite_path
from app.errors import HearthError
from app.pipeline import worker
from app.storage import ObjectStore
from app.storage.errors import KeyRefused, ObjectMissing
from app.storage.keys import checked_key

VERSION = 1
_PIECE_BYTES = 1024 * 1024

Say = Callable[[str], None]


class BackupError(HearthError):
    """A backup cannot be written or read; the message says why and what to do."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def write_backup(backends: Backends, file: Path, say: Say) -> None:
    """Write the backup; the file appears under its name only when it is complete."""
    database = _embedded_database(backends)
    part = file.with_name(file.name + ".part")
    with tempfile.TemporaryDirectory(dir=backends.settings.data) as folder:
        copy = Path(folder) / "hearth.db"
        _copy_database(database, copy)
        keys = [info.key for info in backends.store.list()]
        with _private(part) as raw:
            with tarfile.open(fileobj=raw, mode="w") as tar:
                hashes = {"hearth.db": _add_file(tar, "hearth.db", copy)}
                for number, key in enumerate(keys, 1):
                    if number % 100 == 0:
                        say(f"{number} of {len(keys)} files")
                    _add_object(tar, backends.store, key, hashes)
                manifest = json.dumps({"version": VERSION, "sha256": hashes}).encode()
                _add_bytes(tar, "manifest.json", manifest)
            raw.flush()
            os.fsync(raw.fileno())
    part.replace(file)
    say(f"{len(hashes) - 1} files and the database are in {file}")


def read_backup(backends: Backends, file: Path, say: Say) -> None:
    """Restore into an empty data directory. Raises BackupError, having changed nothing, for a bad file."""
    target = _embedded_database(backends)
    if target.exists() and _has_rows(target):
        raise BackupError(f"{target} already holds a service. Set HEARTH_DATA to an empty directory.")
    with worker.open_lock(backends.settings.data / "worker.lock") as place:
        if not worker.try_lock(place):
            raise BackupError("A worker is running on this data directory. Stop the service first.")
        _restore(backends, file, target, say)


def _restore(backends: Backends, file: Path, target: Path, say: Say) -> None:
    hashes = _checked_manifest(file)
    arriving = target.with_name(f"{target.name}.restoring")
    with tarfile.open(file) as tar:
        for member in _members(tar):
            source = tar.extractfile(member)
            if source is None or member.name == "manifest.json":
                continue
            if member.name == "hearth.db":
                _write(source, arriving)
            else:
                _restore_object(backends, member.name.removeprefix("objects/"), source)
    backends.database.dispose()
    for ending in ("", "-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    arriving.replace(target)
    _sync_folder(target.parent)
    say(f"{len(hashes) - 1} files and the database are restored")


def _embedded_database(backends: Backends) -> Path:
    """The SQLite file that the settings name. Raises BackupError where database or store is a server."""
    settings = backends.settings
    if not settings.is_sqlite:
        raise BackupError(
            "DATABASE_URL names PostgreSQL. Backing it up with this command follows in a later version: "
            "until then use pg_dump, and copy the store."
        )
    if not settings.store_url.startswith("file:"):
        raise BackupError(
            "HEARTH_STORE_URL names a server. Copy its bucket with its own tools, and the database with "
            "sqlite3's .backup."
        )
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return sqlite_path(settings.database_url)


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's own online backup: consistent while others write. Raises BackupError where there is none."""
    if not source.is_file():
        raise BackupError(f"There is no database at {source}. Check HEARTH_DATA and DATABASE_URL.")
    try:
        with closing(_reading(source)) as live, closing(sqlite3.connect(target)) as copy:
            if "alembic_version" not in _tables(live):
                raise BackupError(f"{source} holds no service. Check HEARTH_DATA and DATABASE_URL.")
            live.backup(copy)
            _forget_listeners(copy)
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be read as a database: {error}.") from error


def _forget_listeners(copy: sqlite3.Connection) -> None:
    """Who was who today is kept until tomorrow, which a backup outlives; the figures stay."""
    if "day_listeners" in _tables(copy):
        copy.execute("PRAGMA secure_delete=ON")
        copy.execute("DELETE FROM day_listeners")
        copy.commit()


#: Whether a service is in use.
_ANY = {"accounts": "SELECT 1 FROM accounts LIMIT 1", "shows": "SELECT 1 FROM shows LIMIT 1"}


def _has_rows(path: Path) -> bool:
    try:
        with closing(_reading(path)) as database:
            names = _tables(database)
            return any(database.execute(asked).fetchone() for table, asked in _ANY.items() if table in names)
    except sqlite3.Error as error:
        raise BackupError(f"{path} is there and cannot be read: {error}.") from error


def _reading(path: Path) -> sqlite3.Connection:
    """Opened so that nothing is created or changed."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> str:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        _add(tar, name, file, path.stat().st_size)
    return sha256


def _add_object(tar: tarfile.TarFile, store: ObjectStore, key: str, hashes: dict[str, str]) -> None:
    try:
        with store.local_path(key) as path:
            hashes[f"objects/{key}"] = _add_file(tar, f"objects/{key}", path)
    except (ObjectMissing, FileNotFoundError):
        return  # swept since it was listed: only what nobody could see any more is swept


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add(tar, name, io.BytesIO(content), len(content))


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size_bytes: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size_bytes
    info.mode = 0o600
    tar.addfile(info, file)


def _checked_manifest(file: Path) -> dict[str, str]:
    """Read all of the file once before anything is written: every hash must be right."""
    found: dict[str, str] = {}
    manifest: Any = None
    try:
        with tarfile.open(file) as tar:
            for member in _members(tar):
                source = tar.extractfile(member)
                if source is None:
                    continue
                if member.name == "manifest.json":
                    manifest = json.loads(source.read())
                else:
                    found[member.name] = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BackupError(f"{file} is not a backup, or it is damaged.") from error
    if not isinstance(manifest, dict) or manifest.get("version") != VERSION:
        raise BackupError(f"{file} is not a complete backup of this version.")
    if manifest.get("sha256") != found:
        raise BackupError(f"{file} is damaged: its contents are not those that were backed up.")
    return found


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Only plain files under the names that we write."""
    for member in tar:
        if not member.isreg():
            raise BackupError("The backup holds something that is no plain file.")
        if member.name not in ("manifest.json", "hearth.db"):
            try:
                checked_key(member.name.removeprefix("objects/"))
            except KeyRefused as error:
                raise BackupError("The backup holds a name that this service would not write.") from error
        yield member


def _restore_object(backends: Backends, key: str, source: _Readable) -> None:
    arriving = backends.settings.data / "object.restoring"
    _write(source, arriving)
    backends.store.put_file(key, arriving)
    arriving.unlink()


def _private(path: Path) -> IO[bytes]:
    """A file to write that only its owner may read, also where an older one was left."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    os.fchmod(file.fileno(), 0o600)
    return file


def _write(source: _Readable, target: Path) -> None:
    with _private(target) as file:
        while piece := source.read(_PIECE_BYTES):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
