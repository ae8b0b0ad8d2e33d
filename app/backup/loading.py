"""Rows into an empty database, whichever it is: all in one transaction, or none.

The tables are made as they were when the rows were written, then the rows come, then the migrations since.
The database's own rules hold all the while: an audit list that only grows, stories with consent.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app import migrate
from app.backends import Backends
from app.backup import rows
from app.backup.errors import BackupError
from app.backup.rows import Row, Table
from app.backup.sources import Source
from app.backup.tables import CARRIED, IN_USE, LATER
from app.pipeline import engine
from app.services import recordings, transcripts

#: How long somebody else may hold a table.
_LOCK_MS = 10_000


def try_out(backends: Backends, source: Source) -> None:
    """Load the rows and take them back: whether they will fit, before hours of copying."""
    with migrate.locked(backends.database.engine, _LOCK_MS) as connection:
        _load(connection, source)
        connection.rollback()


def load(backends: Backends, source: Source) -> int:
    """Load the rows for good; how many recordings were on their way, which begin anew.

    Words are indexed with them, and what was on its way is enqueued with them.
    """
    engine.create_tables(backends.database)
    with migrate.locked(backends.database.engine, _LOCK_MS) as connection:
        _load(connection, source)
        migrate.upgrade(connection)
        with Session(connection) as session:
            begun = recordings.working(session)
            for recording in begun:
                recordings.begin_anew(session, recording, backends.clock())
                engine.enqueue(session, recording)
            transcripts.index_missing(session)
            session.flush()
        connection.commit()
    return len(begun)


def check_empty(connection: Connection) -> None:
    """Raises BackupError where a service is in use, or where its workers are."""
    for table in rows.tables(connection, IN_USE):
        if connection.execute(sa.select(sa.literal(1)).select_from(table.clause()).limit(1)).first():
            raise BackupError(
                "The database already holds a service. Restore into an empty one: set HEARTH_DATA to an "
                "empty directory, or DATABASE_URL to an empty database."
            )
    if sa.inspect(connection).has_table("workers"):
        with Session(connection) as session:
            if engine.fresh_worker(session):
                raise BackupError("A worker is running on this database. Stop the service first.")


def _load(connection: Connection, source: Source) -> None:
    check_empty(connection)
    migrate.rebuild(connection, source.revision)
    there = {table.name: table for table in rows.tables(connection, CARRIED)}
    later: list[Callable[[], None]] = []
    for name in source.tables:
        if name not in there or there[name].kinds != source.kinds(name):
            raise BackupError(f"The backup has other columns of {name} than this version made then.")
        later.append(_load_table(connection, there[name], source))
    for finish in later:
        finish()


def _load_table(connection: Connection, table: Table, source: Source) -> Callable[[], None]:
    """Load the rows; gives what is left to do once all tables are there."""
    held, at_first = [], LATER.get(table.name, {})

    def arriving(row: Row) -> Row:
        if at_first:
            held.append({f"new_{name}": row[name] for name in (*table.key, *at_first)})
        return row | at_first

    clause = table.clause()
    with source.rows(table.name) as found:
        rows.insert(connection, clause, map(arriving, found))
    if connection.dialect.name == "postgresql" and table.key == ("id",) and table.kinds["id"] == "int":
        _count_on(connection, clause)

    def finish() -> None:
        if held:
            own = [clause.c[name] == sa.bindparam(f"new_{name}") for name in table.key]
            values: dict[Any, Any] = {clause.c[name]: sa.bindparam(f"new_{name}") for name in at_first}
            connection.execute(sa.update(clause).where(*own).values(values), held)

    return finish


def _count_on(connection: Connection, table: sa.TableClause) -> None:
    """New rows get numbers above those that were loaded."""
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    highest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sequence, highest)))
