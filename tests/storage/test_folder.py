"""What only the folder store has: a place on a disk, and the receiving end of its parts."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.storage.errors import (
    KeyRefused,
    ObjectMissing,
    PartAddressExpired,
    PartAddressForged,
    PartHashWrong,
    PartLengthWrong,
    StorageError,
    StoreUnavailable,
    UploadFinished,
    UploadMissing,
)
from app.storage.folder import FolderStore
from app.storage.keys import recording_key
from tests.storage.conftest import SECRET
from tests.storage.sending import address, expected, make_bytes, make_key

KEY = recording_key(UUID("5a0b7c1e-0000-4000-8000-000000000001"))
CONTENT = make_bytes(700_000)


class Clock:
    """Seconds that pass when the test says so."""

    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        """The time that was set."""
        return self.now_s


class CountedStream(io.BytesIO):
    """A body that remembers how it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes, as asked."""
        self.asked.append(-1 if size is None else size)
        return super().read(size)


@pytest.fixture
def clock() -> Clock:
    """A clock of this test's own."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> FolderStore:
    """A store whose parts are handed in directly."""
    return FolderStore(tmp_path / "store", base_url="https://hearth.example", secret=SECRET, clock=clock)


def token_for(store: FolderStore, key: str, upload_id: str, content: bytes = CONTENT) -> str:
    """The token of an address for the first part."""
    return address(store, key, upload_id, 1, content).url.rpartition("/")[2]


def leftovers(store: FolderStore, root: Path) -> list[Path]:
    """Half-written files."""
    return list((root / "store" / "incoming").iterdir())


def test_addresses_of_parts_are_below_the_public_address(store: FolderStore) -> None:
    key = make_key()
    signed = address(store, key, store.begin(key), 1, CONTENT)

    assert signed.url.startswith("https://hearth.example/parts/")
    assert (signed.method, dict(signed.headers)) == ("PUT", {})


def test_a_part_is_read_in_small_pieces_and_never_beyond_its_size(store: FolderStore) -> None:
    key = make_key()
    stream = CountedStream(CONTENT + b"the next request")
    stored = store.receive_part(token_for(store, key, store.begin(key)), stream, len(CONTENT))

    assert (stored.number, stored.size_bytes) == (1, len(CONTENT))
    assert max(stream.asked) <= 256 * 1024
    assert stream.tell() == len(CONTENT)


def test_what_is_refused_beforehand_is_not_read(store: FolderStore, clock: Clock) -> None:
    key = make_key()
    upload_id = store.begin(key)
    token = token_for(store, key, upload_id)
    gone_key = make_key()
    gone = token_for(store, gone_key, store.begin(gone_key))
    store.abort(
        gone_key,
        next(u.upload_id for u in store.abandoned(datetime.max.replace(tzinfo=UTC)) if u.key == gone_key),
    )
    stream = CountedStream(CONTENT)
    for refused, error in ((f"{token}x", PartAddressForged), ("", PartAddressForged), (gone, UploadMissing)):
        with pytest.raises(error):
            store.receive_part(refused, stream, len(CONTENT))
    for length in (None, 0, -1, len(CONTENT) - 1, len(CONTENT) + 1):
        with pytest.raises(PartLengthWrong):
            store.receive_part(token, stream, length)
    clock.now_s += 601
    with pytest.raises(PartAddressExpired):
        store.receive_part(token, stream, len(CONTENT))

    assert stream.asked == []
    assert store.parts(key, upload_id) == ()


@pytest.mark.parametrize(
    ("content", "error"),
    [(CONTENT[:-1], PartLengthWrong), (b"", PartLengthWrong), (CONTENT[:-1] + b"x", PartHashWrong)],
)
def test_a_damaged_part_leaves_nothing(
    store: FolderStore, tmp_path: Path, content: bytes, error: type[StorageError]
) -> None:
    key = make_key()
    upload_id = store.begin(key)
    with pytest.raises(error):
        store.receive_part(token_for(store, key, upload_id), io.BytesIO(content), len(CONTENT))

    assert store.parts(key, upload_id) == ()
    assert leftovers(store, tmp_path) == []


def test_a_connection_that_breaks_is_a_part_of_the_wrong_length(store: FolderStore, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                raise ConnectionResetError("reset by peer")
            return super().read(size)

    key = make_key()
    upload_id = store.begin(key)
    with pytest.raises(PartLengthWrong):
        store.receive_part(token_for(store, key, upload_id), Broken(CONTENT), len(CONTENT))

    assert leftovers(store, tmp_path) == []


def test_a_part_after_completion_is_refused_as_finished(store: FolderStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    token = token_for(store, key, upload_id)
    store.receive_part(token, io.BytesIO(CONTENT), len(CONTENT))
    store.complete(key, upload_id, expected(CONTENT))
    with pytest.raises(UploadFinished):
        store.receive_part(token, io.BytesIO(CONTENT), len(CONTENT))
    store.delete(key)
    with pytest.raises(UploadMissing):
        store.receive_part(token, io.BytesIO(CONTENT), len(CONTENT))


def test_a_part_that_was_on_its_way_when_the_upload_was_completed_is_refused(store: FolderStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    store.receive_part(token_for(store, key, upload_id), io.BytesIO(CONTENT), len(CONTENT))
    other = make_bytes(len(CONTENT), seed=9)

    class Late(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 0:
                store.complete(key, upload_id, expected(CONTENT))
            return super().read(size)

    with pytest.raises(UploadFinished):
        store.receive_part(token_for(store, key, upload_id, other), Late(other), len(other))

    assert store.read_range(key) == CONTENT


def test_parts_of_a_completed_upload_take_no_room(store: FolderStore, tmp_path: Path) -> None:
    key = make_key()
    upload_id = store.begin(key)
    store.receive_part(token_for(store, key, upload_id), io.BytesIO(CONTENT), len(CONTENT))
    store.complete(key, upload_id, expected(CONTENT))

    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert files == [tmp_path / "store" / "objects" / key]


def test_an_upload_id_is_never_a_path(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for upload_id in ("..", "../../outside", "", "0" * 41, "/", "00000000-" + "g" * 32):
        with pytest.raises(KeyRefused):
            store.abort(make_key(), upload_id)
        with pytest.raises(KeyRefused):
            store.parts(make_key(), upload_id)

    assert (tmp_path / "outside").is_dir()


@pytest.mark.parametrize("depth", ["kind", "owner", "object"])
def test_a_link_in_the_store_leads_nowhere(store: FolderStore, tmp_path: Path, depth: str) -> None:
    kind, owner, name = KEY.split("/")
    objects = tmp_path / "store" / "objects"
    outside = tmp_path / "outside"
    (outside / owner).mkdir(parents=True)
    (outside / owner / name).write_bytes(b"secret")
    if depth == "kind":
        (objects / kind).rmdir()
        (objects / kind).symlink_to(outside)
    elif depth == "owner":
        (objects / kind / owner).symlink_to(outside / owner)
    else:
        (objects / kind / owner).mkdir()
        (objects / kind / owner / name).symlink_to(outside / owner / name)
    calls: list[Callable[[], object]] = [
        lambda: store.head(KEY),
        lambda: store.read_range(KEY),
        lambda: store.download(KEY, tmp_path / "out"),
        lambda: store.local_path(KEY).__enter__(),
        lambda: store.put_bytes(KEY, b"x"),
        lambda: store.copy(KEY, make_key()),
        lambda: store.delete(KEY),
    ]
    for call in calls:
        with pytest.raises(KeyRefused):
            call()

    assert list(store.list()) == []
    assert (outside / owner / name).read_bytes() == b"secret"
    assert not (tmp_path / "out").exists()


def test_something_else_than_a_file_is_no_object(store: FolderStore, tmp_path: Path) -> None:
    owner = tmp_path / "store" / "objects" / Path(KEY).parent
    owner.mkdir()
    os.mkfifo(owner / "source")
    (owner / "speech.wav").mkdir()

    assert list(store.list()) == []
    with pytest.raises(ObjectMissing):
        store.open_range(KEY)
    with pytest.raises(ObjectMissing):
        store.download(KEY, tmp_path / "out")
    with pytest.raises(ObjectMissing):
        store.head(KEY.replace("source", "speech.wav"))


def test_strange_files_in_the_folder_are_not_listed(store: FolderStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"x")
    for name in ("objects/lost+found", "objects/recordings/.DS_Store", f"objects/{Path(KEY).parent}/SOURCE"):
        (tmp_path / "store" / name).write_bytes(b"")

    assert [info.key for info in store.list()] == [KEY]


def test_a_finished_file_cannot_be_written_to(store: FolderStore) -> None:
    store.put_bytes(KEY, b"x")
    with store.local_path(KEY) as path:
        mode = path.stat().st_mode & 0o777

    assert mode & 0o227 == 0


def test_a_disk_that_was_taken_away_is_not_an_empty_store(store: FolderStore, tmp_path: Path) -> None:
    key = make_key()
    upload_id = store.begin(key)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    calls: list[Callable[[], object]] = [
        lambda: store.head(KEY),
        lambda: store.put_bytes(KEY, b"x"),
        lambda: store.delete(KEY),
        lambda: store.parts(key, upload_id),
        lambda: store.begin(make_key()),
        store.free_bytes,
        store.check,
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable):
            call()


def test_copying_again_leaves_no_second_name(store: FolderStore, tmp_path: Path) -> None:
    source = make_key()
    store.put_bytes(source, b"x")
    store.copy(source, KEY)
    store.copy(source, KEY)

    assert leftovers(store, tmp_path) == []


def test_a_copy_of_something_old_is_young(store: FolderStore) -> None:
    """A sweep spares objects without a row while they are young."""
    source = make_key()
    store.put_bytes(source, b"x")
    with store.local_path(source) as path:
        os.utime(path, (1_000_000_000, 1_000_000_000))
    info = store.copy(source, KEY)

    assert datetime.now(UTC) - info.modified_at < timedelta(minutes=5)


def test_tidying_removes_only_what_is_old(store: FolderStore, tmp_path: Path) -> None:
    incoming = tmp_path / "store" / "incoming"
    (incoming / "old").write_bytes(b"half")
    (incoming / "old-upload").mkdir()
    (incoming / "old-upload" / "part").write_bytes(b"half")
    (incoming / "new").write_bytes(b"half")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for name in ("old", "old-upload"):
        os.utime(incoming / name, (yesterday.timestamp(), yesterday.timestamp()))

    assert store.tidy(yesterday + timedelta(hours=1)) == 2
    assert [path.name for path in incoming.iterdir()] == ["new"]


def test_putting_and_deleting_side_by_side_loses_nothing(store: FolderStore) -> None:
    """The last object's folder goes with it, while another may be on its way into it."""
    names = [KEY.replace("source", name) for name in ("a", "b", "c", "d")]

    def churn(key: str) -> None:
        for _ in range(60):
            store.put_bytes(key, key.encode())
            assert store.read_range(key) == key.encode()
            store.delete(key)
        store.put_bytes(key, key.encode())

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(churn, names))

    assert [info.key for info in store.list()] == names


def test_a_reader_keeps_what_it_opened_when_the_object_is_replaced(store: FolderStore) -> None:
    store.put_bytes(KEY, b"old " * 100_000)
    with store.open_range(KEY) as reader:
        beginning = reader.read(4)
        store.put_bytes(KEY, b"new " * 100_000)
        rest = reader.read()

    assert beginning + rest == b"old " * 100_000
