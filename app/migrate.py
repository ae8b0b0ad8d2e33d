"""Bring a database to the newest version: our tables by Alembic, and the engine's own tables."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.db import make_engine
from app.errors import Unavailable

log = logging.getLogger("app.migrate")

#: PostgreSQL's advisory lock of whoever migrates; any number that nothing else uses.
LOCK = 4_843_275_468
FOLDER = Path(__file__).parent / "migrations"
#: What PostgreSQL calls a lock that was not to be had, and two who wait for each other.
_IN_THE_WAY = ("55P03", "40P01")


@dataclass(frozen=True)
class Patience:
    """For how long one table is waited for, and how often all of it is tried: a minute and a half in all."""

    lock_ms: int = 2000
    pause_s: float = 2.5
    tries: int = 20


class DatabaseBusy(Unavailable):
    """A table that is to change was in use all the time; nothing was changed."""


def alembic_config(url: str) -> Config:
    """Alembic's configuration without a file: the folder of migrations and the address."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


def migrate(url: str, patience: Patience | None = None) -> None:
    """Apply every migration that this database lacks, all or none. Safe to run twice and by two at a time.

    Whoever comes second waits: on SQLite for the write lock with which every transaction begins. On
    PostgreSQL a change of a table waits only briefly for those who read or write it, since all others
    queue behind it; then everything is taken back and tried again. Raises DatabaseBusy.
    """
    patience = patience or Patience()
    engine = make_engine(url)
    try:
        for left in reversed(range(patience.tries)):
            try:
                _apply(engine, patience.lock_ms)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                    raise
                if not left:
                    raise DatabaseBusy(
                        "The database was not changed: somebody else works on a table that is to change, "
                        "such as a long backup. Try again when that has ended."
                    ) from error
                log.warning("a table is in use; migrating again in %g s", patience.pause_s)
                time.sleep(patience.pause_s)
            else:
                return
    finally:
        engine.dispose()


def _apply(engine: Engine, lock_ms: int) -> None:
    with locked(engine, lock_ms) as connection:
        upgrade(connection)
        connection.commit()


@contextmanager
def locked(engine: Engine, lock_ms: int) -> Iterator[Connection]:
    """A connection with a transaction of whoever may change the tables; others like it wait."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            # for this transaction, and only once it is our turn
            connection.execute(sa.select(sa.func.set_config("lock_timeout", f"{lock_ms}ms", True)))
        else:
            connection.begin()
        yield connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply the migrations up to this one, in the connection's transaction."""
    command.upgrade(_on(connection), revision)


def rebuild(connection: Connection, revision: str) -> None:
    """Empty tables as this revision made them, whatever was there. In the connection's transaction."""
    if revision_of(connection) is not None:
        command.downgrade(_on(connection), "base")
    upgrade(connection, revision)


def revision_of(connection: Connection) -> str | None:
    """The last migration that was applied; None where there are no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Whether this version has the migration."""
    return any(found.revision == revision for found in ScriptDirectory(str(FOLDER)).walk_revisions())


def _on(connection: Connection) -> Config:
    config = alembic_config(str(connection.engine.url))
    config.attributes["connection"] = connection
    return config
