"""What every store keeps when a sender hangs up, at whatever byte: a folder, and a real S3 server."""

import random

import pytest

from app.storage import ObjectStore
from tests.storage.sending import (
    PART_BYTES,
    address,
    expected,
    make_bytes,
    make_key,
    send,
    send_and_hang_up,
    send_parts,
    sha256,
)

FIRST = make_bytes(PART_BYTES, seed=1)
SECOND = make_bytes(PART_BYTES, seed=2)
LAST = make_bytes(1234, seed=3)
WHOLE = FIRST + SECOND + LAST


def test_a_part_cut_on_its_way_leaves_nothing_and_can_be_sent_again(store: ObjectStore) -> None:
    key = make_key()
    upload_id = store.begin(key)
    signed = address(store, key, upload_id, 1, FIRST)
    for sent_bytes in (0, 1, PART_BYTES // 2, PART_BYTES - 1):
        send_and_hang_up(signed, FIRST, sent_bytes)
    between = store.parts(key, upload_id)
    status = send(signed, FIRST)
    store.complete(key, upload_id, expected(FIRST))

    assert between == ()
    assert status == 200
    assert store.read_range(key) == FIRST


@pytest.mark.parametrize("seed", [1, 2])
def test_a_recording_cut_at_any_byte_goes_on_with_the_part_that_was_cut(
    store: ObjectStore, seed: int
) -> None:
    """Ten times somewhere in the whole: what came before the cut is there, and nothing of what was cut."""
    pieces = [FIRST, SECOND, LAST]
    offsets = [*sorted(random.Random(seed).randrange(len(WHOLE)) for _ in range(9)), len(WHOLE) - 1]
    key = make_key()
    upload_id = store.begin(key)
    for offset in offsets:
        cut, sent_bytes = divmod(offset, PART_BYTES)
        there = {part.number for part in store.parts(key, upload_id)}
        before = [number for number in range(1, cut + 1) if number not in there]
        send_parts(store, key, upload_id, [(number, pieces[number - 1]) for number in before])
        send_and_hang_up(address(store, key, upload_id, cut + 1, pieces[cut]), pieces[cut], sent_bytes)

        arrived = [part.number for part in store.parts(key, upload_id)]
        assert arrived == list(range(1, cut + 1)), offset
    assert send(address(store, key, upload_id, 3, LAST), LAST) == 200
    info = store.complete(key, upload_id, expected(*pieces))

    assert info.size_bytes == len(WHOLE)
    assert sha256(store.read_range(key)) == sha256(WHOLE)


def test_a_part_that_had_arrived_outlives_being_cut_when_it_comes_again(store: ObjectStore) -> None:
    where = random.Random(3)
    key = make_key()
    upload_id = store.begin(key)
    send_parts(store, key, upload_id, [(1, FIRST), (2, LAST)])
    for _ in range(5):
        sent_bytes = where.randrange(PART_BYTES)
        send_and_hang_up(address(store, key, upload_id, 1, SECOND), SECOND, sent_bytes)
    store.complete(key, upload_id, expected(FIRST, LAST))

    assert store.read_range(key) == FIRST + LAST
