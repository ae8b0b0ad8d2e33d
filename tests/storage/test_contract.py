"""What every store keeps: objects. Each test runs on a folder and on a real S3 server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests

from app.storage import ObjectStore
from app.storage.errors import KeyRefused, ObjectMissing
from app.storage.keys import recording_key
from tests.storage.sending import make_bytes, make_key

KEY = recording_key(UUID("5a0b7c1e-0000-4000-8000-000000000001"), "speech.wav")


def test_bytes_come_back_as_they_were_put(store: ObjectStore) -> None:
    content = make_bytes(100_000)
    begun_at = datetime.now(UTC) - timedelta(seconds=1)
    info = store.put_bytes(KEY, content)

    assert store.read_range(KEY) == content
    assert (info.key, info.size_bytes, info.media_type) == (KEY, 100_000, "audio/wav")
    assert begun_at.replace(microsecond=0) <= info.modified_at <= datetime.now(UTC) + timedelta(seconds=1)
    assert store.head(KEY) == info


def test_a_file_of_several_pieces_comes_back(store: ObjectStore, tmp_path: Path) -> None:
    content = make_bytes(20 * 2**20 + 17)
    source = tmp_path / "source"
    source.write_bytes(content)
    info = store.put_file(KEY, source)
    source.write_bytes(b"changed afterwards")
    store.download(KEY, tmp_path / "back")

    assert info.size_bytes == len(content)
    assert (tmp_path / "back").read_bytes() == content
    with store.local_path(KEY) as path:
        assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("start", "length", "wanted"),
    [
        (0, None, slice(0, None)),
        (0, 1, slice(0, 1)),
        (100, 200, slice(100, 300)),
        (999, 1, slice(999, 1000)),
        (990, 50, slice(990, 1000)),
        (500, None, slice(500, None)),
        (-5, None, slice(-5, None)),
        (-5000, None, slice(0, None)),
        (1000, None, slice(1000, None)),
        (7000, 10, slice(7000, None)),
        (10, 0, slice(10, 10)),
    ],
)
def test_a_range_is_what_a_slice_is(
    store: ObjectStore, start: int, length: int | None, wanted: slice
) -> None:
    content = make_bytes(1000)
    store.put_bytes(KEY, content)

    assert store.read_range(KEY, start, length) == content[wanted]


def test_a_reader_ends_where_its_range_ends(store: ObjectStore) -> None:
    content = make_bytes(500_000)
    store.put_bytes(KEY, content)
    with store.open_range(KEY, 1000, 300_000) as reader:
        pieces = [reader.read(7), reader.read(200_000), reader.read(), reader.read()]

    assert b"".join(pieces) == content[1000:301_000]
    assert [len(piece) for piece in pieces] == [7, 200_000, 99_993, 0]


def test_an_empty_object_is_an_object(store: ObjectStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"")
    store.download(KEY, tmp_path / "back")

    assert store.head(KEY).size_bytes == 0
    assert store.read_range(KEY) == store.read_range(KEY, -5) == b""
    assert (tmp_path / "back").read_bytes() == b""


def test_nothing_under_a_key_is_said_by_every_call(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        store.head(KEY)
    with pytest.raises(ObjectMissing):
        store.read_range(KEY)
    with pytest.raises(ObjectMissing):
        store.read_range(KEY, 0, 0)
    with pytest.raises(ObjectMissing):
        store.download(KEY, tmp_path / "back")
    with pytest.raises(ObjectMissing), store.local_path(KEY):
        pytest.fail("there is nothing to open")
    with pytest.raises(ObjectMissing):
        store.copy(KEY, make_key())

    assert not store.exists(KEY)
    assert list(tmp_path.glob("back*")) == []


def test_a_put_file_that_is_not_there_is_the_callers_mistake(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put_file(KEY, tmp_path / "missing")

    assert not store.exists(KEY)


def test_a_download_to_nowhere_is_the_callers_mistake(store: ObjectStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"x")
    with pytest.raises(FileNotFoundError):
        store.download(KEY, tmp_path / "missing" / "back")


def test_a_tag_stays_with_the_bytes_and_changes_when_they_are_replaced(store: ObjectStore) -> None:
    first = store.put_bytes(KEY, b"first")
    again = store.head(KEY)
    other = store.put_bytes(KEY, b"other")

    assert first.etag == again.etag
    assert other.etag != first.etag
    assert store.read_range(KEY) == b"other"


def test_a_copy_outlives_its_source(store: ObjectStore) -> None:
    source = make_key()
    store.put_bytes(source, b"a recording")
    info = store.copy(source, KEY)
    again = store.copy(source, KEY)
    store.delete(source)

    assert not store.exists(source)
    assert store.read_range(KEY) == b"a recording"
    assert (info.size_bytes, info.media_type) == (11, "audio/wav")
    assert again.etag == info.etag


def test_a_copy_takes_the_place_of_what_was_there(store: ObjectStore) -> None:
    source = make_key()
    store.put_bytes(KEY, b"old")
    store.put_bytes(source, b"new")
    store.copy(source, KEY)
    store.put_bytes(source, b"newer")

    assert store.read_range(KEY) == b"new"


def test_deleting_twice_is_deleting_once(store: ObjectStore) -> None:
    beside = KEY.replace("speech.wav", "source")
    store.put_bytes(KEY, b"gone")
    store.put_bytes(beside, b"stays")
    store.delete(KEY)
    store.delete(KEY)

    assert not store.exists(KEY)
    assert store.read_range(beside) == b"stays"
    store.delete(beside)
    assert list(store.list()) == []
    store.put_bytes(KEY, b"back")
    assert store.read_range(KEY) == b"back"


def test_listing_finds_what_is_below_a_prefix_in_the_order_of_keys(store: ObjectStore) -> None:
    one, other = (UUID(int=number) for number in (1, 2))
    keys = sorted(
        [recording_key(one), recording_key(one, "speech.wav"), recording_key(other), make_key()]
        + [recording_key(one, name) for name in ("a.json", "a-b.json", "ab.json")]
    )
    for number, key in enumerate(reversed(keys)):
        store.put_bytes(key, b"x" * number)

    assert [info.key for info in store.list()] == keys
    assert [info.key for info in store.list("uploads")] == keys[-1:]
    assert [info.key for info in store.list("recordings")] == keys[:-1]
    assert [info.key for info in store.list(f"recordings/{one}")] == keys[:-2]
    assert list(store.list(f"recordings/{UUID(int=3)}")) == []
    assert next(store.list()) == store.head(keys[0])


def test_more_objects_than_one_page_are_all_listed(store: ObjectStore) -> None:
    keys = [recording_key(UUID(int=number)) for number in range(1010)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda key: store.put_bytes(key, b""), keys))

    assert [info.key for info in store.list("recordings")] == keys


@pytest.mark.parametrize(
    "hostile",
    ["../../etc/passwd", "/etc/passwd", f"{KEY}/../../x", KEY.upper(), "", "recordings", KEY + "\n"],
)
def test_no_call_takes_a_key_that_was_not_made_here(store: ObjectStore, hostile: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    store.put_bytes(KEY, b"x")
    calls: list[Callable[[], object]] = [
        lambda: store.put_file(hostile, tmp_path / "file"),
        lambda: store.put_bytes(hostile, b"x"),
        lambda: store.head(hostile),
        lambda: store.exists(hostile),
        lambda: store.open_range(hostile),
        lambda: store.download(hostile, tmp_path / "out"),
        lambda: store.local_path(hostile).__enter__(),
        lambda: store.copy(hostile, KEY),
        lambda: store.copy(KEY, hostile),
        lambda: store.delete(hostile),
        lambda: store.signed_get(hostile),
        lambda: store.begin(hostile),
        lambda: store.part_address(
            hostile, "0" * 8 + "-" + "0" * 32, 1, size_bytes=1, sha256_hex="0" * 64, expires_in_s=1
        ),
        lambda: store.parts(hostile, "0" * 8 + "-" + "0" * 32),
        lambda: store.abort(hostile, "0" * 8 + "-" + "0" * 32),
    ]
    for call in calls:
        with pytest.raises(KeyRefused):
            call()
    with pytest.raises(KeyRefused):
        list(store.list("recordings/.."))


def test_a_store_that_works_says_so(store: ObjectStore) -> None:
    store.check()
    free_bytes = store.free_bytes()

    assert free_bytes is None or free_bytes > 0
    assert list(store.list()) == []


def test_tidying_leaves_objects_and_open_uploads(store: ObjectStore) -> None:
    store.put_bytes(KEY, b"stays")
    key = make_key()
    upload_id = store.begin(key)
    later = datetime.now(UTC) + timedelta(days=2)

    assert store.tidy(later) == 0
    assert store.read_range(KEY) == b"stays"
    assert store.parts(key, upload_id) == ()


def test_a_signed_address_serves_ranges_and_only_its_own_method(s3_store: ObjectStore) -> None:
    content = make_bytes(1000)
    s3_store.put_bytes(KEY, content)
    url = s3_store.signed_get(KEY)
    head_url = s3_store.signed_get(KEY, method="HEAD")
    assert url is not None
    assert head_url is not None

    assert requests.get(url, timeout=9).content == content
    middle = requests.get(url, headers={"Range": "bytes=100-299"}, timeout=9)
    assert (middle.status_code, middle.content) == (206, content[100:300])
    last = requests.get(url, headers={"Range": "bytes=-5"}, timeout=9)
    assert (last.status_code, last.content) == (206, content[-5:])
    assert requests.get(url, headers={"Range": "bytes=1000-"}, timeout=9).status_code == 416
    assert requests.head(url, timeout=9).status_code == 403
    head = requests.head(head_url, timeout=9)
    assert (head.status_code, head.headers["Content-Length"]) == (200, "1000")
    assert head.headers["Content-Type"] == "audio/wav"
    assert requests.get(head_url, timeout=9).status_code == 403
    assert requests.put(url, data=b"x", timeout=9).status_code == 403
    assert requests.get(url.replace("speech.wav", "source"), timeout=9).status_code == 403


@pytest.mark.parametrize(
    "name", ["Day 1.mp3", 'a"b; x=y', "a\r\nSet-Cookie: x", "\u202egpj.mp3", "../../x", "\ud800"]
)
def test_no_file_name_can_add_a_header(s3_store: ObjectStore, name: str) -> None:
    s3_store.put_bytes(KEY, b"x")
    url = s3_store.signed_get(KEY, file_name=name)
    assert url is not None
    answer = requests.get(url, timeout=9)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert not set(answer.headers["Content-Disposition"][len("attachment; filename*=UTF-8''") :]) & set(
        '"; /\\'
    )


def test_the_folder_leaves_serving_to_the_service(folder_store: ObjectStore) -> None:
    folder_store.put_bytes(KEY, b"x")

    assert folder_store.signed_get(KEY) is None


def test_the_type_that_is_served_follows_from_the_key(store: ObjectStore) -> None:
    owner = uuid4()
    types = {"source": "application/octet-stream", "a.mp3": "audio/mpeg", "a.vtt": "text/vtt; charset=utf-8"}
    for name in types:
        store.put_bytes(recording_key(owner, name), b"<script>alert(1)</script>")

    assert {name: store.head(recording_key(owner, name)).media_type for name in types} == types
