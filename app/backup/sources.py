"""Where rows come from when they are restored: the lines of a file, or the database within an older one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.backup import embedded, files, rows
from app.backup.archive import DATABASE, Archive
from app.backup.errors import BackupError
from app.backup.rows import Row
from app.backup.tables import CARRIED
from app.db import Database
from app.migrate import revision_of
from app.services.housekeeping import named_objects


class Source(Protocol):
    """Rows of one moment, and at which revision of the tables they were written."""

    @property
    def revision(self) -> str:
        """Of the tables."""

    @property
    def tables(self) -> list[str]:
        """Those of which there are rows, in the order in which they are written back."""

    @property
    def keys(self) -> set[str]:
        """Of the objects that the rows name."""

    def kinds(self, table: str) -> dict[str, str]:
        """What each column of a table holds."""

    def rows(self, table: str) -> AbstractContextManager[Iterator[Row]]:
        """The rows of a table."""


@dataclass(frozen=True)
class Lines:
    """The rows of a file of today's version."""

    archive: Archive

    @property
    def revision(self) -> str:
        """See Source."""
        return self.archive.revision

    @property
    def tables(self) -> list[str]:
        """See Source. Raises BackupError for a table that has no place in the order."""
        there = self.archive.tables()
        if strange := sorted(set(there) - set(CARRIED)):
            raise BackupError(f"The backup has rows that this version does not know: {', '.join(strange)}.")
        return [name for name in CARRIED if name in there]

    @property
    def keys(self) -> set[str]:
        """See Source: no others were written."""
        return set(self.archive.keys)

    def kinds(self, table: str) -> dict[str, str]:
        """See Source."""
        with self.archive.rows(table) as file:
            return rows.kinds(file)

    @contextmanager
    def rows(self, table: str) -> Iterator[Iterator[Row]]:
        """See Source."""
        with self.archive.rows(table) as file:
            yield rows.read(file, rows.kinds(file))


@dataclass(frozen=True)
class Copy:
    """The rows of the SQLite database that a file of version 1 has in it."""

    connection: Connection

    @property
    def revision(self) -> str:
        """See Source."""
        return revision_of(self.connection) or ""

    @property
    def tables(self) -> list[str]:
        """See Source."""
        return [table.name for table in rows.tables(self.connection, CARRIED)]

    @property
    def keys(self) -> set[str]:
        """See Source: the file has whatever lay in the store, also what had been erased."""
        with Session(self.connection) as session:
            return named_objects(session)

    def kinds(self, table: str) -> dict[str, str]:
        """See Source."""
        return next(rows.tables(self.connection, [table])).kinds

    @contextmanager
    def rows(self, table: str) -> Iterator[Iterator[Row]]:
        """See Source."""
        yield rows.copied(self.connection, next(rows.tables(self.connection, [table])))


@contextmanager
def opened(archive: Archive, folder: Path) -> Iterator[Source]:
    """The rows of a backup; `folder` has room for the database of an older one."""
    if archive.version > 1:
        yield Lines(archive)
        return
    place = folder / "hearth.db.restoring"
    try:
        with archive.member(DATABASE) as member:
            files.write(member, place)
        embedded.check_database(f"sqlite:///{place}")
        database = Database(f"sqlite:///{place}")
        with database.snapshot() as connection:
            yield Copy(connection)
        database.dispose()
    finally:
        for ending in ("", "-wal", "-shm"):
            place.with_name(place.name + ending).unlink(missing_ok=True)
