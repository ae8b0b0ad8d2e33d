"""Killed anywhere, a backup leaves no file and a restore an empty service; both can be begun again."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.backends import Backends, open_backends
from app.backup import BackupError, read_backup, write_backup
from app.db import Database
from app.models import Account
from app.storage.errors import StoreFull, StoreUnavailable
from tests.backup.conftest import Place
from tests.backup.service import quiet
from tests.backup.test_moving import IN_WORK, members
from tests.fakes import Watched

DATABASE = ("hearth.db", "hearth.db-wal", "hearth.db-shm")

Work = Callable[[Backends, Path, Callable[[str], None]], None]


def killed_in(work: Work, backends: Backends, file: Path, what: str, number: int) -> bool:
    """Do the work in a process that is killed just before the n-th time of `what`; whether it came to that.

    `what` is a call of the store, or the beginning of what the database is told.
    """
    child = os.fork()
    if child == 0:
        left = number

        def before(name: str) -> None:
            nonlocal left
            left -= name.startswith(what)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        own = open_backends(backends.settings)
        event.listen(own.database.engine, "before_cursor_execute", lambda *given: before(given[2]))
        event.listen(own.database.engine, "commit", lambda _connection: before("COMMIT"))
        work(replace(own, store=Watched(own.store, before)), file, quiet)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def holds_nothing(backends: Backends) -> bool:
    """Whether there is no account, or no table of them."""
    database = Database(backends.settings.database_url)
    try:
        with database.reading() as session:
            is_there = sa.inspect(session.connection()).has_table("accounts")
            return not is_there or session.scalars(sa.select(Account)).first() is None
    finally:
        database.dispose()


AFTER_OBJECTS = (("INSERT INTO segments", 2), ("COMMIT", 1))
ANYWHERE = (
    ("INSERT INTO episodes", 1),  # while it is tried out
    ("put_file", 1),
    ("put_file", 5),
    *AFTER_OBJECTS,
    ("UPDATE episodes", 2),
    ("INSERT INTO search_texts", 1),
)


@pytest.mark.parametrize(("database", "at"), [("sqlite", ANYWHERE), ("postgresql", AFTER_OBJECTS)])
def test_a_restore_that_is_killed_leaves_nothing_and_can_be_begun_again(
    database: str, at: tuple[tuple[str, int], ...], filled: Backends, place: Place, tmp_path: Path
) -> None:
    file, target = tmp_path / "hearth.tar", place(database, "folder")
    write_backup(filled, file, quiet)
    for what, number in at:
        assert killed_in(read_backup, target, file, what, number), what
        assert holds_nothing(target), what
    sent: list[str] = []
    read_backup(replace(target, store=Watched(target.store, sent.append)), file, quiet)
    write_backup(target, tmp_path / "again.tar", quiet)
    one, other = members(file), members(tmp_path / "again.tar")

    assert [name for name in one | other if one.get(name) != other.get(name)] == [IN_WORK]
    assert "put_file" not in sent  # all of them were there from before
    assert [path.name for path in target.settings.data.glob("*.restoring")] == []


def test_a_backup_that_is_killed_leaves_no_file_and_can_be_begun_again(
    filled: Backends, tmp_path: Path
) -> None:
    file = tmp_path / "hearth.tar"
    for what, number in (("SELECT segments.", 1), ("head", 1), ("read_range", 3)):
        assert killed_in(write_backup, filled, file, what, number), what
        assert not file.exists(), what
    write_backup(filled, file, quiet)

    assert "rows/segments.jsonl" in members(file)
    assert sorted(path.name for path in tmp_path.glob("hearth*")) == ["hearth.tar"]
    assert {path.name for path in filled.settings.data.iterdir()} <= {"store", *DATABASE}


def test_a_store_that_is_away_for_a_moment_is_waited_for(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    away: set[str] = set()

    def before(name: str) -> None:
        if name not in away:
            away.add(name)
            raise StoreUnavailable(name)

    for work, backends in ((write_backup, filled), (read_backup, target)):
        away.clear()
        work(replace(backends, store=Watched(backends.store, before)), tmp_path / "hearth.tar", quiet)

    assert away == {"head", "put_file"}
    assert members(tmp_path / "hearth.tar")
    assert not holds_nothing(target)


def test_a_store_that_is_full_ends_a_restore_and_what_lies_there_is_not_sent_again(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    file, sent = tmp_path / "hearth.tar", []

    def before(name: str) -> None:
        sent.append(name)
        if sent.count("put_file") == 4:
            raise StoreFull("no room")

    write_backup(filled, file, quiet)
    with pytest.raises(StoreFull):
        read_backup(replace(target, store=Watched(target.store, before)), file, quiet)
    assert holds_nothing(target)
    sent.clear()
    read_backup(replace(target, store=Watched(target.store, sent.append)), file, quiet)

    objects = [name for name in members(file) if name.startswith("objects/")]
    assert sent.count("put_file") == len(objects) - 3


@pytest.mark.parametrize("harm", ["swept", "lost"])
def test_a_file_that_is_not_there_is_named_in_words(
    harm: str, filled: Backends, target: Backends, tmp_path: Path
) -> None:
    said: list[str] = []
    key = next(info.key for info in filled.store.list("enclosures"))

    def before(name: str) -> None:
        if name == "head" and harm == "swept":
            with filled.database.begin() as session:
                session.execute(
                    sa.text("UPDATE enclosures SET key = :new WHERE key = :old"),
                    {"new": key.replace(".mp3", "0.mp3"), "old": key},
                )

    filled.store.delete(key)
    write_backup(replace(filled, store=Watched(filled.store, before)), tmp_path / "hearth.tar", said.append)
    told = "".join(said)
    read_backup(target, tmp_path / "hearth.tar", said.append)

    assert ("1 files were let go of" in told) is (harm == "swept")
    assert (f"does not have {key}" in told) is (harm == "lost")
    assert "1 files that the rows name were not in the store" in "".join(said)
    assert f"objects/{key}" not in members(tmp_path / "hearth.tar")


def test_rows_that_a_database_does_not_take_are_refused_before_anything_is_sent(
    filled: Backends, on_postgres: Backends, tmp_path: Path
) -> None:
    with filled.database.begin() as session:
        session.execute(sa.text("UPDATE shows SET title = :long"), {"long": "x" * 300})
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    with pytest.raises(BackupError, match="value too long"):
        read_backup(on_postgres, tmp_path / "hearth.tar", quiet)

    assert list(on_postgres.store.list()) == []
    assert holds_nothing(on_postgres)
