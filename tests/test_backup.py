"""A backup brings the same service back: addresses, feeds, sound, words, and who may sign in."""

import json
import shutil
import sqlite3
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from app.backends import Backends, open_backends
from app.backup import BackupError, read_backup, write_backup
from app.migrate import migrate
from app.models import Account, Community, DayCount, DayListener, Episode, Listening
from app.pipeline import worker
from app.services import factors, recovery_codes, transcripts
from app.services.accounts import verify_password
from app.settings import read_settings
from tests.factories import make_account, make_community, make_published, make_show
from tests.services.proving import KEYS, answer_by, with_app, with_passkey
from tests.web.device import Device

SECRET = "not a secret, only for the tests of it"


def quiet(_text: str) -> None:
    """Say nothing."""


def empty(folder: Path) -> Backends:
    """The service on a machine where nothing is, with another secret."""
    settings = read_settings({"HEARTH_DATA": str(folder), "HEARTH_SECRET": SECRET[::-1]})
    return open_backends(settings)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Backends]:
    opened = empty(tmp_path / "new")
    yield opened
    opened.database.dispose()


@pytest.fixture
def filled(backends: Backends) -> Backends:
    """Two shows with published episodes, one withdrawn, and somebody who signs in."""
    with backends.database.begin() as session:
        community = make_community(session, slug="nursing")
        for number in range(2):
            show = make_show(session, community, slug=f"show-{number}")
            for name in ("one", "two"):
                sound = f"ID3{number}{name}".encode()
                episode = make_published(session, show, slug=name, sound=sound)
                assert episode.enclosure is not None
                backends.store.put_bytes(episode.enclosure.key, sound)
                transcripts.index(session, episode)
        make_account(session, email="owner@example.org", is_owner=True)
    return backends


def public_face(backends: Backends) -> dict[str, tuple[int, bytes]]:
    """Everything that the public can ask for: {address: (status, bytes)}."""
    client = create_app(backends=backends).test_client()
    with backends.database.reading() as session:
        episodes = session.scalars(sa.select(Episode).order_by(Episode.id)).all()
        places = [
            (row.show.slug, row.slug, str(row.guid), row.enclosure.sha256[:12])
            for row in episodes
            if row.enclosure
        ]
    addresses = ["/", "/opml", "/sitemap.xml", "/search?q=handover&format=json", "/communities/nursing"]
    for show, slug, guid, sha12 in places:
        addresses += [f"/shows/{show}", f"/shows/{show}/feed.xml", f"/media/{guid}/{sha12}.mp3"]
        addresses += [f"/shows/{show}/{slug}", f"/transcripts/{guid}.vtt"]
    found = {}
    for address in addresses:
        answer = client.get(address)
        found[address] = (answer.status_code, answer.data)
    return found


def test_restoring_brings_back_the_same_pages_feeds_sound_and_search(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    before = public_face(filled)
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    shutil.rmtree(filled.settings.data)
    read_backup(target, tmp_path / "hearth.tar", quiet)
    after = public_face(target)

    assert {status for status, _ in before.values()} == {200}
    assert json.loads(before["/search?q=handover&format=json"][1])["count"] == 4
    assert {address: status for address, (status, _) in after.items()} == {
        address: status for address, (status, _) in before.items()
    }
    assert [address for address in before if after[address] != before[address]] == []


def test_the_figures_are_kept_and_who_was_who_is_not(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    with filled.database.begin() as session:
        of = {
            "day": date(2026, 3, 2),
            "episode_id": session.scalars(sa.select(Episode.id)).first(),
            "kind": Listening.download,
        }
        session.add(DayCount(**of, count=7))
        session.add(DayListener(**of, number="5eed" * 8, asked_bytes=1, is_counted=True))
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)

    assert b"5eed" * 8 not in (tmp_path / "hearth.tar").read_bytes()
    with target.database.reading() as session:
        assert session.scalars(sa.select(DayCount.count)).all() == [7]
        assert session.scalars(sa.select(DayListener)).all() == []


def test_who_could_sign_in_still_can_though_the_secret_is_another(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)

    assert filled.settings.secret.encode() not in (tmp_path / "hearth.tar").read_bytes()
    with target.database.reading() as session:
        account = session.scalars(sa.select(Account)).one()

        assert verify_password(account, "correct horse battery")


def test_recovery_codes_and_passkeys_still_let_in_after_a_restore(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    device = Device()
    with filled.database.begin() as session:
        holder, _phone = with_app(session)
        code = recovery_codes.make(session, KEYS, holder)[0]
        by_passkey = with_passkey(session, device)
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)

    with target.database.begin() as session:
        assert recovery_codes.take(session, holder, code)
        assert answer_by(session, device).account.id == by_passkey.id
        assert factors.in_words(session)[holder.id] == "a code from an app"


@pytest.mark.parametrize("harm", ["a flipped byte", "cut short", "no tar", "a strange name"])
def test_a_damaged_file_is_refused_and_nothing_is_changed(
    harm: str, filled: Backends, target: Backends, tmp_path: Path
) -> None:
    file = tmp_path / "hearth.tar"
    write_backup(filled, file, quiet)
    content = bytearray(file.read_bytes())
    if harm == "a flipped byte":
        with tarfile.open(file) as tar:
            content[tar.getmember("hearth.db").offset_data + 5000] ^= 1
    elif harm == "cut short":
        del content[len(content) // 2 :]
    elif harm == "no tar":
        content = bytearray(b"something else" * 1000)
    else:
        content = bytearray(bytes(content).replace(b"objects/enclosures/", b"objects/../closures"))
    file.write_bytes(content)
    before = everything(target.settings.data)

    with pytest.raises(BackupError):
        read_backup(target, file, quiet)
    assert everything(target.settings.data) == before


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the worker's lock, which is always empty."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "worker.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_an_interrupted_restore_leaves_an_empty_service_and_can_be_begun_again(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    file = tmp_path / "hearth.tar"
    write_backup(filled, file, quiet)
    store, left = target.store, [2]

    class PulledOut:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def put_file(self, key: str, path: Path) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return store.put_file(key, path)

    with pytest.raises(KeyboardInterrupt):
        read_backup(replace(target, store=PulledOut()), file, quiet)  # type: ignore[arg-type]
    assert not (target.settings.data / "hearth.db").exists()

    again = empty(target.settings.data)
    read_backup(again, file, quiet)
    assert public_face(again) == public_face(filled)
    assert [path.name for path in target.settings.data.glob("*.restoring")] == []
    again.database.dispose()


def test_a_service_that_holds_something_is_not_written_over(filled: Backends, tmp_path: Path) -> None:
    file = tmp_path / "hearth.tar"
    write_backup(filled, file, quiet)
    before = public_face(filled)

    with pytest.raises(BackupError, match="empty directory"):
        read_backup(filled, file, quiet)
    assert public_face(filled) == before


def test_restoring_under_a_running_worker_is_refused(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    place = worker.open_lock(target.settings.data / "worker.lock")

    assert worker.try_lock(place)
    with pytest.raises(BackupError, match="Stop the service"):
        read_backup(target, tmp_path / "hearth.tar", quiet)
    place.close()


def test_a_backup_taken_while_somebody_writes_is_whole(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    over = threading.Event()
    written: list[str] = []

    def write() -> None:
        while not over.is_set():
            with filled.database.begin() as session:
                made = [make_community(session, slug=f"c{len(written)}-{half}") for half in ("a", "b")]
            written.extend(community.slug for community in made)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 10:
            time.sleep(0.01)
        write_backup(filled, tmp_path / "hearth.tar", quiet)
    finally:
        over.set()
        writer.join()
    read_backup(target, tmp_path / "hearth.tar", quiet)
    with sqlite3.connect(target.settings.data / "hearth.db") as database:
        checked = database.execute("PRAGMA integrity_check").fetchone()
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
    database.close()
    with target.database.reading() as session:
        slugs = set(session.scalars(sa.select(Community.slug).where(Community.slug.like("c%-%"))))

    assert (checked, broken) == (("ok",), [])
    assert len(slugs) >= 10
    assert len(slugs) % 2 == 0  # what was committed together is there together
    assert not (tmp_path / "hearth.tar.part").exists()


def test_a_backup_that_fails_leaves_the_older_one_alone(filled: Backends, tmp_path: Path) -> None:
    file = tmp_path / "hearth.tar"
    write_backup(filled, file, quiet)
    before = file.read_bytes()

    class Away:
        def __getattr__(self, name: str) -> object:
            raise OSError(name)

    with pytest.raises(OSError, match="list"):
        write_backup(replace(filled, store=Away()), file, quiet)  # type: ignore[arg-type]
    assert file.read_bytes() == before


def test_the_commands_bring_a_service_from_one_directory_to_another(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    file = tmp_path / "hearth.tar"
    done = [
        create_app(backends=backends).test_cli_runner().invoke(args=[command, str(file)])
        for backends, command in ((filled, "backup"), (target, "restore"), (target, "restore"))
    ]

    assert [one.exit_code for one in done] == [0, 0, 1]
    assert "empty directory" in done[2].output
    assert public_face(target) == public_face(filled)


def elsewhere(folder: Path, migrated: Path | None) -> Backends:
    """A service whose database does not lie in its data directory."""
    path = folder / "other place" / "people.db"
    path.parent.mkdir(parents=True)
    if migrated is not None:
        shutil.copy(migrated, path)
    return open_backends(
        read_settings(
            {
                "HEARTH_DATA": str(folder / "data"),
                "HEARTH_SECRET": SECRET,
                "DATABASE_URL": f"sqlite:///{path}",
            }
        )
    )


def test_the_database_that_the_settings_name_is_backed_up_and_restored(
    tmp_path: Path, migrated_database: Path
) -> None:
    source = elsewhere(tmp_path / "old", migrated_database)
    with source.database.begin() as session:
        make_account(session, email="owner@example.org")
    write_backup(source, tmp_path / "hearth.tar", quiet)
    target = elsewhere(tmp_path / "new", None)
    read_backup(target, tmp_path / "hearth.tar", quiet)
    with target.database.reading() as session:
        found = session.scalars(sa.select(Account.email)).all()
    source.database.dispose()
    target.database.dispose()

    assert found == ["owner@example.org"]
    assert not (tmp_path / "new" / "data" / "hearth.db").exists()


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
def test_a_database_or_store_on_a_server_is_refused_in_words(
    command: Callable[[Backends, Path, Callable[[str], None]], None], target: Backends, tmp_path: Path
) -> None:
    for settings, words in (
        (replace(target.settings, database_url="postgresql+psycopg://db/hearth"), "later version.*pg_dump"),
        (replace(target.settings, store_url="s3://bucket"), "bucket"),
    ):
        with pytest.raises(BackupError, match=words):
            command(replace(target, settings=settings), tmp_path / "hearth.tar", quiet)


def test_nobody_else_may_read_what_the_service_keeps(filled: Backends, tmp_path: Path) -> None:
    (tmp_path / "hearth.tar.part").touch(0o644)
    made = empty(tmp_path / "fresh")
    migrate(made.settings.database_url)
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    restored = empty(tmp_path / "restored")
    read_backup(restored, tmp_path / "hearth.tar", quiet)
    private = [
        made.settings.data,
        made.settings.data / "hearth.db",
        restored.settings.data,
        restored.settings.data / "hearth.db",
        tmp_path / "hearth.tar",
    ]

    assert [oct(path.stat().st_mode & 0o077) for path in private] == ["0o0"] * len(private)
    made.database.dispose()
    restored.database.dispose()
