"""Rows as lines of JSON that mean the same on every database.

What a column holds is told by the database itself, not by today's models: so a database of an older
version can be read and written as well. Must not know what the tables are for.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.db import UtcTime

Row = dict[str, Any]

_AT_ONCE = 1000


@dataclass(frozen=True)
class Kind:
    """What a column holds: its type in a database, and how a value stands in a line."""

    type: sa.types.TypeEngine[Any]
    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda value: value


def _json(text: str) -> Any:
    value = json.loads(text)
    return sa.JSON.NULL if value is None else value


def _text(text: str) -> str:
    """PostgreSQL takes no NUL in a text, and nobody can read one."""
    return text.replace("\x00", "\ufffd")


KINDS = {
    "uuid": Kind(sa.Uuid(), str, uuid.UUID),
    "time": Kind(UtcTime(), lambda at: at.isoformat(timespec="microseconds"), datetime.fromisoformat),
    "date": Kind(sa.Date(), date.isoformat, date.fromisoformat),
    "bytes": Kind(sa.LargeBinary(), lambda value: base64.b64encode(value).decode(), base64.b64decode),
    "json": Kind(sa.JSON(none_as_null=True), read=_json),  # as the text that the database has
    "bool": Kind(sa.Boolean()),
    "int": Kind(sa.BigInteger()),
    "float": Kind(sa.Float()),
    "text": Kind(sa.Text(), read=_text),
}

#: The first that fits. SQLite writes a UUID as CHAR(32).
_TYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Uuid, "uuid"),
    (sa.CHAR, "uuid"),
    (sa.DateTime, "time"),
    (sa.Date, "date"),
    (sa.LargeBinary, "bytes"),
    (sa.JSON, "json"),
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.Float, "float"),
    (sa.String, "text"),
)


@dataclass(frozen=True)
class Table:
    """A table as a database has it."""

    name: str
    kinds: dict[str, str]
    key: tuple[str, ...]

    def clause(self) -> sa.TableClause:
        """To insert into."""
        return sa.table(self.name, *(sa.column(name, KINDS[kind].type) for name, kind in self.kinds.items()))


def tables(connection: Connection, names: Iterable[str]) -> Iterator[Table]:
    """Those of these tables that there are."""
    found = sa.inspect(connection)
    there = set(found.get_table_names())
    for name in names:
        if name in there:
            kinds = {column["name"]: _kind(column["type"]) for column in found.get_columns(name)}
            yield Table(name, kinds, tuple(found.get_pk_constraint(name)["constrained_columns"]))


def _kind(type_: sa.types.TypeEngine[Any]) -> str:
    return next(kind for base, kind in _TYPES if isinstance(type_, base))


def write(connection: Connection, table: Table, file: IO[bytes]) -> None:
    """All rows of the table into the file, below what its columns are."""
    file.write(_line({"columns": table.kinds}))
    for values in _stored(connection, table):
        file.write(_line(values))


def _stored(connection: Connection, table: Table) -> Iterator[list[Any]]:
    rows = table.clause()
    asked = [sa.cast(column, sa.Text) if table.kinds[column.name] == "json" else column for column in rows.c]
    kinds = [KINDS[kind] for kind in table.kinds.values()]
    ordered = sa.select(*asked).order_by(*(rows.c[name] for name in table.key))
    for row in connection.execute(ordered, execution_options={"yield_per": _AT_ONCE}):
        yield [None if value is None else kind.write(value) for kind, value in zip(kinds, row, strict=True)]


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def kinds(file: IO[bytes]) -> dict[str, str]:
    """The first line of a file that `write` wrote: what the columns are."""
    found: dict[str, str] = json.loads(file.readline())["columns"]
    return found


def read(file: IO[bytes], columns: dict[str, str]) -> Iterator[Row]:
    """The other lines, as what a database takes."""
    kinds = [KINDS[kind] for kind in columns.values()]
    for line in file:
        yield {
            name: None if value is None else kind.read(value)
            for name, kind, value in zip(columns, kinds, json.loads(line), strict=True)
        }


def copied(connection: Connection, table: Table) -> Iterator[Row]:
    """The rows of a table, as what another database takes."""
    kinds = [KINDS[kind] for kind in table.kinds.values()]
    for values in _stored(connection, table):
        yield {
            name: None if value is None else kind.read(value)
            for name, kind, value in zip(table.kinds, kinds, values, strict=True)
        }


def insert(connection: Connection, table: sa.TableClause, rows: Iterable[Row]) -> None:
    """Put the rows into the table."""
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            connection.execute(sa.insert(table), some)
            some = []
    if some:
        connection.execute(sa.insert(table), some)
