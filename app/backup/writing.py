"""A backup of a service, while it runs: the rows of one moment first, then the objects that they name.

An object that a row of that moment names and that the store no longer has was let go since (replaced,
withdrawn, out of the bin), or is lost: which of both is said, and written into the file.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.backup import embedded, files, marks, rows
from app.backup.archive import Writer
from app.backup.errors import BackupError
from app.backup.objects import Pieces, patiently
from app.backup.progress import Progress, Say
from app.backup.tables import CARRIED
from app.migrate import revision_of
from app.services.housekeeping import named_objects
from app.storage.errors import ObjectMissing


def write_backup(backends: Backends, file: Path, say: Say) -> None:
    """Write the backup; the file appears under its name only when it is complete. Raises HearthError."""
    if backends.settings.is_sqlite:
        embedded.check_database(backends.settings.database_url)
    part = file.with_name(file.name + ".part")
    try:
        with _gone_unless_whole(part), files.private(part) as raw:
            writer = Writer(raw)
            revision, keys = _write_rows(backends, writer)
            missing = _write_objects(backends, writer, keys, say)
            secret = marks.mark(backends.settings.secret)
            writer.finish({"revision": revision, "missing": missing, "secret": secret})
            files.sync(raw)
    except sa.exc.SQLAlchemyError as error:
        raise BackupError(f"The database cannot be read: {said(error)}.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror or error}.") from error
    part.replace(file)
    files.sync_folder(file.absolute().parent)
    say(f"{len(keys) - len(missing):,} files and the rows are in {file}.")
    say("It holds everybody's addresses and drafts, and only you may read it.")
    say("HEARTH_SECRET is not in it: keep that too, in another place.")
    if missing:
        _say_missing(backends, missing, say)


@contextmanager
def _gone_unless_whole(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _write_rows(backends: Backends, writer: Writer) -> tuple[str, list[str]]:
    """The revision of the tables, and the keys of all objects that the rows name."""
    with backends.database.snapshot() as connection:
        revision = revision_of(connection)
        if revision is None:
            raise BackupError("DATABASE_URL names a database that holds no service. Check it.")
        for table in rows.tables(connection, CARRIED):
            # nameless: nothing of it stays where this process is killed
            with tempfile.TemporaryFile(dir=backends.settings.data) as lines:
                rows.write(connection, table, lines)
                writer.add_rows(table.name, lines)
        with Session(connection) as session:
            return revision, sorted(named_objects(session))


def _write_objects(backends: Backends, writer: Writer, keys: list[str], say: Say) -> list[str]:
    """The keys of those that are not there."""
    missing: list[str] = []
    progress = Progress(say, len(keys))
    for key in keys:
        try:
            size_bytes = patiently(partial(backends.store.head, key)).size_bytes
            writer.add_object(key, size_bytes, Pieces(backends.store, key, size_bytes))
        except ObjectMissing:
            missing.append(key)
            continue
        progress.add(size_bytes)
    return missing


def _say_missing(backends: Backends, missing: list[str], say: Say) -> None:
    with backends.database.reading() as session:
        lost = sorted(set(missing) & named_objects(session))
    if gone := len(missing) - len(lost):
        say(f"{gone} files were let go of while the backup was made, and are not in it.")
    for key in lost:
        say(f"The store does not have {key}, which the service needs: see flask check.")


def said(error: sa.exc.SQLAlchemyError) -> str:
    """What the database says, in one line, without what was in the rows."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(cause).partition("\n")[0].rstrip(".")
