"""Damage to files, by seed: what disks, networks and people who look for holes do to recordings."""

import random
from collections.abc import Callable

_HEAD_BYTES = 512
_LENGTHS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\1")


def _flip_bits_in_head(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(min(len(data), _HEAD_BYTES))
        data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


def _flip_bits_anywhere(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 64)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut_off(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    return bytes(data[: chance.randrange(len(data))])


def _lie_about_lengths(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(min(len(data), 2 * _HEAD_BYTES))
        data[at : at + 4] = chance.choice(_LENGTHS)
    return bytes(data)


def _repeat_a_piece(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randint(4, 4096)]
    at = chance.randrange(len(data))
    return bytes(data[:at] + piece * chance.randint(1, 8) + data[at:])


def _leave_out_a_piece(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return bytes(data[:start] + data[start + chance.randint(1, 4096) :])


def _splice(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    return bytes(data[: chance.randrange(len(data))]) + other[chance.randrange(len(other)) :]


def _put_on_another_head(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    size = chance.choice((4, 12, 16, 44, 128, 512))
    return other[:size] + bytes(data[size:])


def _fill_with_noise(data: bytearray, other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    size = min(chance.randint(1, 2048), len(data) - start)
    data[start : start + size] = chance.randbytes(size)
    return bytes(data)


KINDS: tuple[Callable[[bytearray, bytes, random.Random], bytes], ...] = (
    _flip_bits_in_head,
    _flip_bits_anywhere,
    _cut_off,
    _lie_about_lengths,
    _repeat_a_piece,
    _leave_out_a_piece,
    _splice,
    _put_on_another_head,
    _fill_with_noise,
)


def mutant(seeds: list[bytes], seed: int, number: int) -> bytes:
    """The same bytes for the same seeds, seed and number; one or two kinds of damage."""
    chance = random.Random(f"{seed}/{number}")
    data, other = chance.choice(seeds), chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 2))):
        if data:
            data = chance.choice(KINDS)(bytearray(data), other, chance)
    return data
