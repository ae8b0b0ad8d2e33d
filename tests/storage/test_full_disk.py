"""A disk without room: the store says so, keeps nothing half, and works again once there is room."""

import io
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from app.storage.errors import StoreFull
from app.storage.folder import FolderStore
from app.storage.keys import recording_key
from tests.storage.conftest import SECRET
from tests.storage.sending import address, expected, make_bytes, make_key

KEY = recording_key(UUID(int=1))
BESIDE = recording_key(UUID(int=2))
CONTENT = make_bytes(1_500_000)
Crowd = Callable[[FolderStore], None]


@contextmanager
def small_files_only() -> Iterator[None]:
    """No file of this process may grow beyond 1 MB, which a store cannot tell from a quota."""
    before, highest = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, highest))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB; a plain folder with room where this account may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True
    )
    yield folder
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def no_room(store: FolderStore, disk: Path) -> Iterator[None]:
    """The disk is full: really where it could be mounted, by a limit elsewhere."""
    if not disk.is_mount():
        with small_files_only():
            yield
        return
    filler = disk / "filler"
    free_bytes = store.free_bytes()
    assert free_bytes is not None
    filler.write_bytes(b"x" * (free_bytes - 1_000_000))
    yield
    filler.unlink()


def files_in(disk: Path) -> list[str]:
    """All that takes room, but the filler."""
    return sorted(path.name for path in disk.rglob("*") if path.is_file() and path.name != "filler")


@pytest.fixture
def store(disk: Path) -> FolderStore:
    """A store on the small disk with one object in it."""
    store = FolderStore(disk / "store", base_url="http://127.0.0.1", secret=SECRET)
    store.put_bytes(BESIDE, b"stays")
    return store


def test_a_file_that_does_not_fit_is_refused_whole(store: FolderStore, disk: Path, tmp_path: Path) -> None:
    source = tmp_path / "source-file"
    source.write_bytes(CONTENT)
    with no_room(store, disk):
        with pytest.raises(StoreFull):
            store.put_bytes(KEY, CONTENT)
        with pytest.raises(StoreFull):
            store.put_file(KEY, source)
        found = [info.key for info in store.list()]
        left = files_in(disk / "store" / "incoming")

    assert (found, left) == ([BESIDE], [])
    store.put_file(KEY, source)
    assert store.read_range(KEY) == CONTENT


def test_what_lay_under_the_key_stays_when_the_new_does_not_fit(store: FolderStore, disk: Path) -> None:
    store.put_bytes(KEY, b"old")
    with no_room(store, disk), pytest.raises(StoreFull):
        store.put_bytes(KEY, CONTENT)

    assert store.read_range(KEY) == b"old"


def test_a_part_that_does_not_fit_is_refused_and_comes_again_later(store: FolderStore, disk: Path) -> None:
    key = make_key()
    upload_id = store.begin(key)
    token = address(store, key, upload_id, 1, CONTENT).url.rpartition("/")[2]
    with no_room(store, disk):
        with pytest.raises(StoreFull):
            store.receive_part(token, io.BytesIO(CONTENT), len(CONTENT))
        left = files_in(disk / "store" / "incoming")

    assert left == []
    assert store.parts(key, upload_id) == ()
    store.receive_part(token, io.BytesIO(CONTENT), len(CONTENT))
    store.complete(key, upload_id, expected(CONTENT))
    assert store.read_range(key) == CONTENT


def test_a_whole_that_does_not_fit_keeps_its_parts(store: FolderStore, disk: Path) -> None:
    """What was received is never lost: completing again works once there is room."""
    key = make_key()
    upload_id = store.begin(key)
    half = CONTENT[:750_000]
    for number in (1, 2):
        token = address(store, key, upload_id, number, half).url.rpartition("/")[2]
        store.receive_part(token, io.BytesIO(half), len(half))
    with no_room(store, disk):
        with pytest.raises(StoreFull):
            store.complete(key, upload_id, expected(half, half))
        there = store.exists(key)
        arrived = [part.number for part in store.parts(key, upload_id)]

    assert (there, arrived) == (False, [1, 2])
    store.complete(key, upload_id, expected(half, half))
    assert store.read_range(key) == half + half


def test_deleting_and_copying_work_on_a_full_disk(store: FolderStore, disk: Path) -> None:
    store.put_bytes(KEY, CONTENT)
    with no_room(store, disk):
        store.copy(KEY, KEY.replace("source", "speech.wav"))
        store.delete(KEY)
        store.delete(BESIDE)

    assert [info.key for info in store.list()] == [KEY.replace("source", "speech.wav")]


def test_the_check_says_that_a_disk_has_no_room_at_all(store: FolderStore, disk: Path) -> None:
    if disk.is_mount():
        (disk / "filler").write_bytes(b"x" * (store.free_bytes() or 0))
        with pytest.raises(StoreFull):
            store.check()
        (disk / "filler").unlink()
    store.check()
