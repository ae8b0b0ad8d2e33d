"""What a walk has changed, and whether its role may: the rows before and after, table by table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.db import Base, Database

Key = tuple[str, tuple[object, ...]]
Rows = dict[Key, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """A row that came, went or was changed."""

    table: str
    key: tuple[object, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def columns(self) -> set[str]:
        """Which columns are different."""
        before, after = self.before or {}, self.after or {}
        return {name for name in {*before, *after} if before.get(name) != after.get(name)}

    @property
    def is_update(self) -> bool:
        """Whether the row was there and still is."""
        return self.before is not None and self.after is not None

    def __str__(self) -> str:
        """For whoever reads the failure."""
        how = "changed" if self.is_update else "added" if self.before is None else "removed"
        return f"{self.table} {self.key} {how}: {sorted(self.columns)}"


@dataclass(frozen=True)
class Who:
    """The account of the walk, its community, and the rows that it may not even know of."""

    account: object
    community: object
    foreign: Rows


def all_rows(database: Database) -> Rows:
    """Every row of every table of ours."""
    with database.reading() as session:
        return {
            (table.name, tuple(row[column.name] for column in table.primary_key)): dict(row)
            for table in Base.metadata.sorted_tables
            for row in session.execute(sa.select(table)).mappings()
        }


def changes(before: Rows, after: Rows) -> list[Change]:
    """What is different."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [Change(*key, before.get(key), after.get(key)) for key in keys]


def unlawful(role: str, found: list[Change], who: Who) -> list[str]:
    """The changes that this role may not make, in words."""
    return [str(change) for change in found if not _is_lawful(role, change, who)]


def _is_lawful(role: str, change: Change, who: Who) -> bool:
    if change.table == "audit_entries":  # only ever added, and only in one's own name
        return change.before is None and (change.after or {})["account_id"] == who.account
    return _of_everybody(change, who) or MAY[role](change, who)


def _of_everybody(change: Change, who: Who) -> bool:
    """What anybody may bring about: an attempt to sign in, their own name and password, leaving."""
    if change.table == "accounts":
        own = change.key == (who.account,) and change.is_update
        return own and change.columns <= {"name", "password", "fs_uniquifier"}
    if change.table == "memberships":
        return change.after is None and (change.before or {})["account_id"] == who.account
    return change.table == "sign_in_attempts"


def _nothing(_change: Change, _who: Who) -> bool:
    return False


def _elsewhere(change: Change, who: Who) -> bool:
    """Only rows that the first community does not own and that do not point into it."""
    return not _touches(change, who.foreign) and _makes(change, who)


def _makes(change: Change, _who: Who) -> bool:
    """All but people's rights, the community itself, and what a show says of itself."""
    if change.table in ("accounts", "memberships", "invitations", "communities", "seasons"):
        return False
    return change.table != "shows" or (change.is_update and change.columns <= SHOW_FOLLOWS)


def _keeps(change: Change, who: Who) -> bool:
    """All in one's own community; no account's own row."""
    row = change.after or change.before or {}
    if change.table == "accounts":
        return False
    if change.table == "communities":
        return change.key == (who.community,) and change.is_update
    if change.table in ("memberships", "invitations", "shows"):
        return row["community_id"] == who.community
    return True


def _owns(change: Change, _who: Who) -> bool:
    """All, but nobody becomes an owner, or stops being one."""
    return not (
        change.table == "accounts" and "is_owner" in change.columns and (change.after or {}).get("is_owner")
    )


#: Columns of a show that follow from what happens to its episodes.
SHOW_FOLLOWS = {"revision", "changed_at", "published_at", "guid", "guid_is_final"}

MAY: dict[str, Callable[[Change, Who], bool]] = {
    "anonymous": _nothing,
    "member": _nothing,
    "storyteller": _nothing,
    "stranger": _elsewhere,
    "producer": _makes,
    "facilitator": _keeps,
    "owner": _owns,
}


def _touches(change: Change, foreign: Rows) -> bool:
    """Whether the row is one of these, or names one of them that is not an account or community."""
    if (change.table, change.key) in foreign:
        return True
    table = Base.metadata.tables[change.table]
    row = change.after or {}
    return any(
        (key.column.table.name, (row[key.parent.name],)) in foreign
        for key in table.foreign_keys
        if row.get(key.parent.name) is not None and key.column.table.name not in ("accounts", "communities")
    )
