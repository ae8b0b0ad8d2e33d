"""The file: what it keeps and what not, damaged and older ones, and places that are not empty."""

import hashlib
import json
import shutil
import sqlite3
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from app.backends import Backends
from app.backup import BackupError, read_backup, write_backup
from app.backup.restoring import CODES_REFUSED
from app.migrate import migrate
from app.models import Account, Community, DayCount, DayListener, Episode, WorkerRow
from app.pipeline import worker
from app.services import factors, recovery_codes
from app.services.accounts import verify_password
from app.services.housekeeping import named_objects
from app.storage.keys import enclosure_key, recording_key
from tests.backup.conftest import Place
from tests.backup.service import SECRET, opened, quiet
from tests.backup.test_moving import IN_WORK, members
from tests.factories import make_account, make_community
from tests.fakes import Watched
from tests.services.proving import KEYS, answer_by, with_app, with_passkey
from tests.test_migrations import GUID, assert_it_is_all_there, upgrade, write_at_first_revision
from tests.web.device import Device


@pytest.fixture
def file(filled: Backends, tmp_path: Path) -> Path:
    """A backup of the filled service."""
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    return tmp_path / "hearth.tar"


def test_the_figures_are_kept_and_who_was_who_is_not(filled: Backends, file: Path, target: Backends) -> None:
    read_backup(target, file, quiet)
    counted = sa.select(sa.func.sum(DayCount.count))
    with filled.database.reading() as before, target.database.reading() as after:
        assert before.scalar(counted) == after.scalar(counted)
        assert before.scalars(sa.select(DayListener)).all() != []
        assert after.scalars(sa.select(DayListener)).all() == []
    assert b"5eed" * 8 not in file.read_bytes()


def test_who_proved_themselves_still_can_under_another_secret(
    filled: Backends, place: Place, tmp_path: Path
) -> None:
    device, file = Device(), tmp_path / "hearth.tar"
    with filled.database.begin() as session:
        holder, _phone = with_app(session)
        code = recovery_codes.make(session, KEYS, holder)[0]
        by_passkey = with_passkey(session, device)
    write_backup(filled, file, quiet)
    target = place("sqlite", "folder")
    read_backup(target, file, quiet)

    assert filled.settings.secret.encode() not in file.read_bytes()
    with target.database.begin() as session:
        assert verify_password(session.get_one(Account, holder.id), "correct horse battery")
        assert recovery_codes.take(session, holder, code)
        assert answer_by(session, device).account.id == by_passkey.id
        assert factors.in_words(session)[holder.id] == "a code from an app"


@pytest.mark.parametrize("secret", [SECRET, SECRET[::-1]], ids=["the same", "another"])
def test_another_secret_is_told_of_where_codes_from_apps_hang_on_it(
    secret: str, file: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    target = opened(tmp_path / "new", secret=secret)
    read_backup(target, file, said.append)
    target.database.dispose()

    assert (CODES_REFUSED in said) is (secret != SECRET)


@pytest.mark.parametrize(
    "harm",
    ["a flipped byte", "cut short", "no tar", "a strange name", "a link", "a newer version", "no rows"],
)
def test_a_damaged_file_is_refused_and_nothing_is_changed(harm: str, file: Path, target: Backends) -> None:
    content = bytearray(file.read_bytes())
    if harm == "a flipped byte":
        with tarfile.open(file) as tar:
            content[tar.getmember("rows/segments.jsonl").offset_data + 500] ^= 1
    elif harm == "cut short":
        del content[len(content) // 2 :]
    elif harm == "no tar":
        content = bytearray(b"something else" * 1000)
    elif harm == "a strange name":
        content = bytearray(bytes(content).replace(b"objects/enclosures/", b"objects/../closures"))
    file.write_bytes(content)
    if harm == "a link":
        again(file, {}, link="objects/recordings/0b0e7f6a-3a52-4b6e-9d5c-6f0f5a3f9c11/source")
    elif harm == "a newer version":
        again(file, {"revision": "9999"})
    elif harm == "no rows":
        again(file, {"version": 1})
    before = everything(target.settings.data)

    with pytest.raises(BackupError):
        read_backup(target, file, quiet)
    assert everything(target.settings.data) == before


def again(file: Path, changed: dict[str, object], link: str = "") -> None:
    """The file with another manifest, or with a link in it."""
    with tarfile.open(file) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read()) | changed  # type: ignore[union-attr]
    write_tar(file, members(file), manifest, link)


def write_tar(file: Path, content: dict[str, bytes], manifest: dict[str, object], link: str = "") -> None:
    """A tar of these members, with the manifest last."""
    scratch = file.with_name("scratch")
    with tarfile.open(file, "w") as tar:
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info)
        for name, held in [*content.items(), ("manifest.json", json.dumps(manifest).encode())]:
            scratch.write_bytes(held)
            tar.add(scratch, name)
    scratch.unlink()


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the worker's lock, which is always empty."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "worker.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def in_version_1(backends: Backends, file: Path) -> None:
    """A backup as the first version wrote it, of a SQLite service and all that lies in its store."""
    backends.database.checkpoint()
    content = {"hearth.db": Path(backends.settings.data / "hearth.db").read_bytes()}
    for info in backends.store.list():
        content[f"objects/{info.key}"] = backends.store.read_range(info.key)
    sums = {name: hashlib.sha256(held).hexdigest() for name, held in content.items()}
    write_tar(file, content, {"version": 1, "sha256": sums})


def test_a_backup_of_the_first_version_is_restored_into_postgresql_without_what_was_erased(
    filled: Backends, file: Path, on_postgres: Backends, tmp_path: Path
) -> None:
    filled.store.put_bytes("recordings/0b0e7f6a-3a52-4b6e-9d5c-6f0f5a3f9c11/source", b"erased")
    in_version_1(filled, tmp_path / "old.tar")
    read_backup(on_postgres, tmp_path / "old.tar", quiet)
    write_backup(on_postgres, tmp_path / "again.tar", quiet)
    one, other = members(file), members(tmp_path / "again.tar")
    with on_postgres.database.reading() as session:
        named = named_objects(session)

    assert [name for name in one | other if one.get(name) != other.get(name)] == [IN_WORK]
    assert {info.key for info in on_postgres.store.list()} == named
    assert list(on_postgres.settings.data.glob("*.restoring*")) == []


@pytest.mark.parametrize(("version", "database"), [(1, "sqlite"), (2, "sqlite"), (2, "postgresql")])
def test_a_backup_of_older_tables_is_restored_and_brought_to_the_newest(
    version: int, database: str, place: Place, tmp_path: Path
) -> None:
    source, target = place("sqlite", "folder"), place(database, "folder")
    upgrade(source.settings.database_url, "0001")
    write_at_first_revision(source.settings.database_url)
    with source.database.begin() as session:  # keys as they were then as well
        for table, key in (
            ("recordings", recording_key(GUID)),
            ("enclosures", enclosure_key(GUID, "a" * 64)),
        ):
            session.execute(sa.text(f"UPDATE {table} SET key = :key"), {"key": key})
    (in_version_1 if version == 1 else lambda old, file: write_backup(old, file, quiet))(
        source, tmp_path / "old.tar"
    )
    read_backup(target, tmp_path / "old.tar", quiet)

    assert_it_is_all_there(target.settings.database_url)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_service_that_holds_something_is_not_written_over(database: str, file: Path, place: Place) -> None:
    target = place(database, "folder")
    migrate(target.settings.database_url)
    with target.database.begin() as session:
        make_account(session, email="somebody@example.org")
    with pytest.raises(BackupError, match=r"already holds a service.*empty"):
        read_backup(target, file, quiet)
    with target.database.reading() as session:
        assert session.scalars(sa.select(Account.email)).all() == ["somebody@example.org"]
    assert list(target.store.list()) == []


def test_restoring_under_a_running_worker_is_refused(
    file: Path, target: Backends, on_postgres: Backends
) -> None:
    lock = worker.open_lock(target.settings.data / "worker.lock")
    assert worker.try_lock(lock)
    with on_postgres.database.begin() as session:
        now = sa.func.clock_timestamp()
        session.add(WorkerRow(executor_id="w", incarnation="1", slots=1, started_at=now, beat_at=now))
    for backends in (target, on_postgres):
        with pytest.raises(BackupError, match="Stop the service"):
            read_backup(backends, file, quiet)
    lock.close()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_backup_taken_while_somebody_writes_is_whole(
    database: str, place: Place, target: Backends, tmp_path: Path
) -> None:
    source, over = place(database, "folder"), threading.Event()
    migrate(source.settings.database_url)
    written: list[str] = []

    def write() -> None:
        while not over.is_set():
            with source.database.begin() as session:
                made = [make_community(session, slug=f"c{len(written)}-{half}") for half in ("a", "b")]
            written.extend(community.slug for community in made)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 10:
            time.sleep(0.01)
        write_backup(source, tmp_path / "hearth.tar", quiet)
    finally:
        over.set()
        writer.join()
    read_backup(target, tmp_path / "hearth.tar", quiet)
    with target.database.reading() as session:
        slugs = set(session.scalars(sa.select(Community.slug).where(Community.slug.like("c%-%"))))

    assert len(slugs) >= 10
    assert len(slugs) % 2 == 0  # what was committed together is there together


def test_a_backup_that_fails_leaves_the_older_one_alone(filled: Backends, file: Path) -> None:
    before = file.read_bytes()
    asked: list[str] = []

    def before_call(name: str) -> None:
        asked.append(name)
        if asked.count("read_range") == 3:
            raise OSError("the plug is out")

    with pytest.raises(BackupError, match="plug"):
        write_backup(replace(filled, store=Watched(filled.store, before_call)), file, quiet)
    with pytest.raises(BackupError, match="cannot be written"):
        write_backup(filled, file / "no folder", quiet)
    assert file.read_bytes() == before
    assert list(file.parent.glob("*.part")) == []


def test_the_commands_bring_a_service_from_one_directory_to_another(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    file = tmp_path / "hearth.tar"
    done = [
        create_app(backends=backends).test_cli_runner().invoke(args=[command, str(file)])
        for backends, command in ((filled, "backup"), (target, "restore"), (target, "restore"))
    ]
    with target.database.reading() as session:
        episodes = session.scalars(sa.select(Episode.slug)).all()

    assert [one.exit_code for one in done] == [0, 0, 1]
    assert "only you may read it" in done[0].output
    assert "already holds a service" in done[2].output
    assert "told" in episodes


def test_the_database_that_the_settings_name_is_backed_up_and_restored(
    filled: Backends, tmp_path: Path
) -> None:
    places = [tmp_path / name / "other place" / "people.db" for name in ("from", "to")]
    for path in places:
        path.parent.mkdir(parents=True)
    filled.database.checkpoint()
    shutil.copy(filled.settings.data / "hearth.db", places[0])
    shutil.copytree(filled.settings.data / "store", tmp_path / "from" / "data" / "store")
    source, target = (opened(path.parent.parent / "data", f"sqlite:///{path}") for path in places)
    write_backup(source, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)
    with target.database.reading() as session:
        found = session.scalars(sa.select(Account.email).where(Account.is_owner)).all()
    for backends in (source, target):
        backends.database.dispose()

    assert found == ["owner@example.org"]
    assert not (tmp_path / "to" / "data" / "hearth.db").exists()


@pytest.mark.parametrize("harm", ["missing", "empty", "another's", "no database"])
def test_without_a_database_of_ours_there_is_no_backup(harm: str, target: Backends, tmp_path: Path) -> None:
    path = target.settings.data / "hearth.db"
    if harm == "another's":
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE accounts (id INTEGER)")
        database.close()
    elif harm != "missing":
        path.write_bytes(b"" if harm == "empty" else b"words" * 1000)
    before = everything(target.settings.data)

    with pytest.raises(BackupError, match=str(path)):
        write_backup(target, tmp_path / "hearth.tar", quiet)
    assert list(tmp_path.glob("hearth.tar*")) == []
    assert everything(target.settings.data) == before


@pytest.mark.parametrize("command", [write_backup, read_backup])
def test_a_database_that_is_empty_or_away_is_told_in_words(
    command: Callable[[Backends, Path, Callable[[str], None]], None], file: Path, tmp_path: Path, place: Place
) -> None:
    away = opened(tmp_path / "away", "postgresql+psycopg://hearth@127.0.0.1:9/hearth")
    with pytest.raises(BackupError, match=r"did not take|cannot be read"):
        command(away, file, quiet)
    if command is write_backup:
        with pytest.raises(BackupError, match="holds no service"):
            command(place("postgresql", "folder"), tmp_path / "new.tar", quiet)
    assert sorted(path.name for path in tmp_path.glob("*.tar*")) == ["hearth.tar"]


def test_nobody_else_may_read_what_the_service_keeps(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    (tmp_path / "hearth.tar.part").touch(0o644)
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)
    private = [target.settings.data, target.settings.data / "hearth.db", tmp_path / "hearth.tar"]

    assert [oct(path.stat().st_mode & 0o077) for path in private] == ["0o0"] * len(private)
