"""What every store keeps: uploads in parts. Each test runs on a folder and on a real S3 server."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.storage import ExpectedPart, ObjectStore, SignedPart, expected_parts
from app.storage.errors import PartsWrong, PartUnreasonable, UploadFinished, UploadMissing
from tests.storage.sending import (
    PART_BYTES,
    address,
    expected,
    make_bytes,
    make_key,
    send,
    send_parts,
    sha256,
)

FIRST = make_bytes(PART_BYTES, seed=1)
SECOND = make_bytes(PART_BYTES, seed=2)
LAST = make_bytes(1234, seed=3)
WHOLE = FIRST + SECOND + LAST


def test_parts_sent_in_any_order_become_the_whole(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(3, LAST), (1, FIRST), (2, SECOND)])
    arrived = store.parts(key, upload_id)
    before = store.exists(key)
    info = store.complete(key, upload_id, expected(FIRST, SECOND, LAST)[::-1])

    assert [(part.number, part.size_bytes) for part in arrived] == [
        (1, PART_BYTES),
        (2, PART_BYTES),
        (3, 1234),
    ]
    assert not before
    assert (info.key, info.size_bytes, info.media_type) == (key, len(WHOLE), "application/octet-stream")
    assert sha256(store.read_range(key)) == sha256(WHOLE)
    assert [found.key for found in store.list("uploads")] == [key]


def test_a_small_recording_is_one_part(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, b"x")])
    store.complete(key, upload_id, expected(b"x"))

    assert store.read_range(key) == b"x"


@pytest.mark.parametrize(
    "sent",
    [FIRST[:-1] + bytes([FIRST[-1] ^ 1]), FIRST[:-1], FIRST + b"x", b""],
    ids=["one bit", "short", "long", "nothing"],
)
def test_other_bytes_than_announced_are_refused_and_not_kept(store: ObjectStore, sent: bytes) -> None:
    key = make_key()
    upload_id = store.begin(key)
    status = send(address(store, key, upload_id, 1, FIRST), sent)

    assert 400 <= status < 500
    assert store.parts(key, upload_id) == ()


def test_an_address_does_not_outlive_its_time(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 1, LAST, expires_in_s=1)
    time.sleep(2.1)

    assert 400 <= send(signed, LAST) < 500
    assert store.parts(key, upload_id) == ()


def test_an_address_with_a_changed_signature_is_refused(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 1, LAST)
    end = "A" if signed.url[-1] != "A" else "B"
    # The last letter carries bits that do not count; the ones before it do.
    changed = replace(signed, url=f"{signed.url[:-8]}{end * 8}")

    assert 400 <= send(changed, LAST) < 500
    assert store.parts(key, upload_id) == ()


def test_an_address_is_good_for_one_number_only(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 1, LAST)

    assert 400 <= send(renumbered(signed, 2), LAST) < 500
    assert store.parts(key, upload_id) == ()
    assert send(signed, LAST) == 200


def test_the_same_part_many_times_at_once_is_one_part(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 1, FIRST)
    with ThreadPoolExecutor(4) as senders:
        statuses = list(senders.map(lambda _: send(signed, FIRST), range(8)))
    arrived = store.parts(key, upload_id)
    store.complete(key, upload_id, expected(FIRST))

    assert statuses == [200] * 8
    assert [part.number for part in arrived] == [1]
    assert store.read_range(key) == FIRST


def test_of_two_parts_with_one_number_the_later_counts(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    deadline = time.monotonic() + 20
    # S3 counts in whole seconds: where two came within one, the part is asked for again.
    while True:
        send_parts(store, key, upload_id, [(1, SECOND)])
        if [part.number for part in store.parts(key, upload_id)] == [1, 2] or time.monotonic() > deadline:
            break
    store.complete(key, upload_id, expected(SECOND, LAST))

    assert store.read_range(key) == SECOND + LAST


def test_missing_parts_are_named_and_nothing_appears(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(2, SECOND)])
    with pytest.raises(PartsWrong) as refused:
        store.complete(key, upload_id, expected(FIRST, SECOND, LAST))

    assert refused.value.missing == (1, 3)
    assert not store.exists(key)
    send_parts(store, key, upload_id, [(1, FIRST), (3, LAST)])
    store.complete(key, upload_id, expected(FIRST, SECOND, LAST))
    assert sha256(store.read_range(key)) == sha256(WHOLE)


def test_parts_of_another_size_are_named(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    with pytest.raises(PartsWrong) as refused:
        store.complete(key, upload_id, [*expected(FIRST), ExpectedPart(2, 1235)])

    assert refused.value.wrong == (2,)
    assert not store.exists(key)


@pytest.mark.parametrize("numbers", [[], [1, 3], [2], [0, 1], [-1, 1], [1, 1], [1, 10_001], [10**12]])
def test_a_list_of_parts_with_gaps_is_refused(store: ObjectStore, numbers: list[int]) -> None:
    key = make_key()
    upload_id = store.begin(key)
    with pytest.raises(PartsWrong):
        store.complete(key, upload_id, [ExpectedPart(number, 5) for number in numbers])

    assert not store.exists(key)


@pytest.mark.parametrize(
    ("number", "size_bytes", "sha256_hex"),
    [
        (0, 1, "0" * 64),
        (10_001, 1, "0" * 64),
        (1, 0, "0" * 64),
        (1, -1, "0" * 64),
        (1, 6 * 2**30, "0" * 64),
        (1, 1, "0" * 63),
        (1, 1, "é" * 64),
    ],
)
def test_no_address_is_made_for_a_part_that_cannot_be(
    store: ObjectStore, number: int, size_bytes: int, sha256_hex: str
) -> None:
    key = make_key()
    upload_id = store.begin(key)
    with pytest.raises(PartUnreasonable):
        store.part_address(
            key, upload_id, number, size_bytes=size_bytes, sha256_hex=sha256_hex, expires_in_s=60
        )


@pytest.mark.parametrize(
    ("size_bytes", "sizes"), [(0, ()), (1, (1,)), (8, (8,)), (9, (8, 1)), (24, (8, 8, 8)), (23, (8, 8, 7))]
)
def test_a_recording_is_cut_into_equal_parts_and_a_rest(size_bytes: int, sizes: tuple[int, ...]) -> None:
    parts = expected_parts(size_bytes, 8)

    assert tuple(part.size_bytes for part in parts) == sizes
    assert [part.number for part in parts] == list(range(1, len(sizes) + 1))


def test_completing_twice_gives_the_same_object(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    first = store.complete(key, upload_id, expected(FIRST, LAST))
    second = store.complete(key, upload_id, expected(FIRST, LAST))

    assert first == second
    with pytest.raises(UploadFinished):
        store.complete(key, upload_id, expected(FIRST))


def test_completing_many_times_at_once_makes_one_object(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    with ThreadPoolExecutor(4) as callers:
        infos = list(callers.map(lambda _: store.complete(key, upload_id, expected(FIRST, LAST)), range(4)))

    assert {info.etag for info in infos} == {store.head(key).etag}
    assert store.read_range(key) == FIRST + LAST


def test_a_late_part_does_not_change_what_was_put_together(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    late = address(store, key, upload_id, 1, SECOND)
    again = address(store, key, upload_id, 1, FIRST)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    info = store.complete(key, upload_id, expected(FIRST, LAST))
    statuses = [send(late, SECOND), send(again, FIRST)]

    assert all(400 <= status < 500 for status in statuses)
    assert store.complete(key, upload_id, expected(FIRST, LAST)) == info == store.head(key)
    assert store.read_range(key) == FIRST + LAST
    with pytest.raises(UploadFinished):
        store.parts(key, upload_id)


def test_parts_that_come_while_the_whole_is_put_together_never_change_it(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    others = [make_bytes(1234, seed) for seed in range(10, 18)]
    signed = [address(store, key, upload_id, 2, other) for other in others]
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    with ThreadPoolExecutor(5) as callers:
        completing = callers.submit(store.complete, key, upload_id, expected(FIRST, LAST))
        sending = [callers.submit(send, *pair) for pair in zip(signed, others, strict=True)]
        statuses = [sent.result() for sent in sending]
        info = store.head(key) if not completing.exception() else None
    sent_after = [send(*pair) for pair in zip(signed, others, strict=True)]

    assert set(statuses) <= {200, *range(400, 500)}
    if info is None:
        # Two parts with one number within one second: the store could not tell which counts.
        assert isinstance(completing.exception(), PartsWrong)
        assert not store.exists(key)
    else:
        assert all(400 <= status < 500 for status in sent_after)
        assert completing.result() == info == store.head(key)
        content = store.read_range(key)
        assert content[:PART_BYTES] == FIRST
        assert content[PART_BYTES:] in [LAST, *others]


def test_an_upload_given_up_is_gone(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 2, LAST)
    send_parts(store, key, upload_id, [(1, FIRST)])
    store.abort(key, upload_id)
    store.abort(key, upload_id)

    assert 400 <= send(signed, LAST) < 500
    with pytest.raises(UploadMissing):
        store.parts(key, upload_id)
    with pytest.raises(UploadMissing):
        store.complete(key, upload_id, expected(FIRST))
    assert not store.exists(key)
    assert list(store.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_giving_up_what_is_complete_leaves_it(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, LAST)])
    store.complete(key, upload_id, expected(LAST))
    store.abort(key, upload_id)

    assert store.read_range(key) == LAST


def test_no_upload_begins_where_an_object_lies(store: ObjectStore) -> None:
    key = make_key()
    store.put_bytes(key, b"here already")
    with pytest.raises(UploadFinished):
        store.begin(key)

    assert store.read_range(key) == b"here already"


def test_a_second_upload_to_one_key_never_replaces_the_first(store: ObjectStore) -> None:
    key = make_key()
    first, second = store.begin(key), store.begin(key)
    send_parts(store, key, first, [(1, FIRST), (2, LAST)])
    send_parts(store, key, second, [(1, b"something else")])
    store.complete(key, first, expected(FIRST, LAST))
    with pytest.raises(UploadFinished):
        store.complete(key, second, expected(b"something else"))

    assert store.read_range(key) == FIRST + LAST


def test_what_has_arrived_of_an_open_upload_is_counted(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    before = store.received_bytes(key, upload_id)
    send_parts(store, key, upload_id, [(2, LAST), (1, FIRST), (2, LAST)])
    between = store.received_bytes(key, upload_id)
    store.complete(key, upload_id, expected(FIRST, LAST))

    assert (before, between) == (0, PART_BYTES + 1234)
    assert store.received_bytes(key, upload_id) == 0
    store.abort(key, upload_id)
    assert store.received_bytes(key, upload_id) == 0


@pytest.mark.parametrize("upload_id", ["gone", "a" * 32, "2~vXyz.of-another-store_"])
def test_of_an_upload_that_this_store_never_began_nothing_has_arrived(
    store: ObjectStore, upload_id: str
) -> None:
    assert store.received_bytes(make_key(), upload_id) == 0


def test_abandoned_uploads_are_found_by_age(store: ObjectStore) -> None:
    open_key, done_key = make_key(), make_key()
    open_id, done_id = store.begin(open_key), store.begin(done_key)
    send_parts(store, open_key, open_id, [(1, LAST)])
    send_parts(store, done_key, done_id, [(1, LAST)])
    store.complete(done_key, done_id, expected(LAST))
    found = list(store.abandoned(datetime.now(UTC) + timedelta(hours=1)))

    assert [(upload.key, upload.upload_id) for upload in found] == [(open_key, open_id)]
    assert abs(found[0].begun_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert list(store.abandoned(datetime.now(UTC) - timedelta(hours=1))) == []


def renumbered(signed: SignedPart, number: int) -> SignedPart:
    """The address with another part's number in it, signed as before."""
    if "partNumber=1" in signed.url:
        return replace(signed, url=signed.url.replace("partNumber=1", f"partNumber={number}"))
    start, _, token = signed.url.rpartition("/")
    said, _, signature = token.partition(".")
    address = json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    changed = urlsafe_b64encode(json.dumps({**address, "number": number}).encode()).decode().rstrip("=")
    return replace(signed, url=f"{start}/{changed}.{signature}")
