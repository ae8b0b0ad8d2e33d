"""The database: base class, types, engine, sessions. Knows no table and nothing of the web.

SQLite is kept well (house, decision 2): write-ahead log, full synchronisation, foreign keys, a busy
timeout of 30 s, and BEGIN IMMEDIATE for every session that may write, so that two writers wait for
each other instead of failing half-way.

On PostgreSQL a transaction that may write is given up by the server once nobody has said anything in it for
as long as a worker may be silent: a process that is frozen, or whose machine is gone, must not keep its rows
locked from whoever takes over.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement

#: In `Session.info`: the public paths whose content was changed in it.
CHANGED_PATHS = "hearth.changed_paths"

#: As long as a worker may be silent (app/pipeline/engine.py).
LET_GO_AFTER_S = 30.0

#: PostgreSQL: each statement is a transaction.
_EACH = "AUTOCOMMIT"

#: A connection that was used so lately is there still.
_FRESH_S = 0.1

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time, on databases with and without time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive times: a time without a zone is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time of day needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of ours."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads a plain dict)
        datetime: UtcTime(),
        uuid.UUID: sa.Uuid(),
        dict[str, Any]: sa.JSON(),
        list[Any]: sa.JSON(),
        str: sa.Text(),
    }


def make_engine(url: str) -> Engine:
    """The engine for this address, with SQLite kept as described above."""
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=10, max_overflow=20, hide_parameters=True)
        _look_at_connections(engine)
        return engine
    path = sqlite_path(url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connect_args = {"timeout": 30, "check_same_thread": False}
    # parameters are names, addresses and words: they do not belong into a log
    engine = sa.create_engine(url, connect_args=connect_args, hide_parameters=True)
    event.listen(engine, "do_connect", lambda *_given: _make_private(path))
    event.listen(engine, "connect", _keep_sqlite_well)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _look_at_connections(engine: Engine) -> None:
    """Whether a connection of the pool still serves is asked before its use, as by `pool_pre_ping`.

    Not of one that was in use a moment ago: where hundreds a second are answered, every question would be
    two.
    """
    dialect, used_s = engine.dialect, "hearth.used_s"

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info[used_s] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(used_s, 0.0) < _FRESH_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # the others may have ended with it


def sqlite_path(url: str) -> Path:
    """The file behind a SQLite address, as the database library reads it."""
    return Path(sa.make_url(url).database or "")


def _make_private(path: Path) -> None:
    """A database that we create is nobody else's to read; SQLite gives its log the same rights."""
    with suppress(OSError):  # it is there already, or SQLite says what is wrong
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _keep_sqlite_well(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below decides, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "secure_delete=ON",  # withdrawn words must not linger in free pages
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class Database:
    """An engine, and the kinds of session that the service uses."""

    def __init__(self, url: str, let_go_after_s: float = LET_GO_AFTER_S) -> None:
        self.url = url
        self.let_go_after_s = let_go_after_s
        self.engine = make_engine(url)
        self._reading = self._asking = self.engine.execution_options(read_only=True)
        self._single = self.engine
        if self.engine.dialect.name == "postgresql":
            event.listen(self.engine, "begin", self._begin_postgres)
            self._asking = self._reading.execution_options(isolation_level=_EACH)
            self._single = self.engine.execution_options(isolation_level=_EACH)
        self._after_commit: Callable[[Session], None] | None = None

    def tell_after_commit(self, told: Callable[[Session], None]) -> None:
        """Call this after each commit of a session, which then has ended its transaction."""
        self._after_commit = told

    def session(self, *, read_only: bool = False) -> Session:
        """A new session. The caller commits, or nothing happened."""
        session = Session(self._reading if read_only else self.engine, expire_on_commit=False)
        if self._after_commit is not None and not read_only:
            event.listen(session, "after_commit", self._after_commit)
        return session

    def _begin_postgres(self, connection: Connection) -> None:
        """Reading locks nothing, and may take its time: a check reads all objects in one transaction."""
        options = connection.get_execution_options()
        if not options.get("read_only", False) and options.get("isolation_level") != _EACH:
            limit_ms = round(self.let_go_after_s * 1000)
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {limit_ms}")

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session that commits once at the end of the block: one pipeline step, one command."""
        with self.session() as session:
            yield session
            session.commit()

    @contextmanager
    def single(self) -> Iterator[Session]:
        """A session for one statement that changes something: for what is done often.

        On PostgreSQL it is a transaction by itself, and nothing else is said.
        """
        with Session(self._single) as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that never commits."""
        with self.session(read_only=True) as session:
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for one question that is asked very often: PostgreSQL answers it in one round.

        A transaction around it would be two rounds more, and end in the same.
        """
        with self._asking.connect() as connection:
            yield connection

    def line(self) -> Connection:
        """The same, kept: each question in a `with line.begin()`. Whoever asks closes it."""
        return self._asking.connect()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the database as it is at one moment, whoever writes meanwhile."""
        options: dict[str, Any] = {"read_only": True}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect() as connection:
            connection.execution_options(**options)
            yield connection

    def checkpoint(self) -> None:
        """SQLite: empty the write-ahead log into the database file."""
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def mark_changed(session: Session, path: str) -> None:
    """What stands at this path has changed: whoever keeps a copy is told once the session is committed."""
    session.info.setdefault(CHANGED_PATHS, set()).add(path)


def may_write(session: Session) -> bool:
    """Whether this session was opened for a change."""
    return not session.get_bind().get_execution_options().get("read_only", False)


class utc_now(FunctionElement[datetime]):
    """The database's clock within a query: what is due, is due for every process at the same moment."""

    type = UtcTime()
    inherit_cache = True
    name = "utc_now"


@compiles(utc_now, "sqlite")
def _utc_now_of_sqlite(_element: utc_now, _compiler: Any, **_given: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"  # as the driver writes times


@compiles(utc_now, "postgresql")
def _utc_now_of_postgresql(_element: utc_now, _compiler: Any, **_given: Any) -> str:
    return "clock_timestamp()"


def now_of_database(session: Session) -> datetime:
    """The database's clock, the only one that heartbeats and leases are compared by."""
    if session.get_bind().dialect.name == "sqlite":
        text = session.scalar(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    now: datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    return now.astimezone(UTC)
