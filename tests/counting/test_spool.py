"""Lines in files of an hour: whole or left out, never with an address, and never in anybody's way."""

import logging
import resource
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.counting import spool
from app.counting.counter import MOST_TOLD, Counter, Visitor
from app.counting.lines import Line, listener, parsed, written
from app.models import Listening
from tests.counting.making import EPISODE, WHEN, make_line
from tests.fakes import SetClock

APP = Visitor("203.0.113.77", "AntennaPod/3.4.0")


def lines_of(folder: Path) -> list[Line]:
    return [one for path in spool.files(folder) for one in spool.read(path, 0)[0]]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow at all."""
    before, highest = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, highest))


@given(
    st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.uuids(), st.sampled_from(Listening), st.integers(0, 10**17), st.integers(0, 10**17), st.booleans(),
)  # fmt: skip
def test_a_line_says_what_was_written(
    at: datetime, episode: uuid.UUID, kind: Listening, asked: int, enough: int, software: bool
) -> None:
    one = Line(at, episode, kind, "af" * 16, asked, enough, software)

    assert parsed(written(one).removesuffix(b"\n")) == one


@given(st.binary(max_size=200))
def test_what_is_no_line_of_ours_is_left_out(text: bytes) -> None:
    assert parsed(text) is None


def test_one_file_for_each_process_and_hour_that_only_its_owner_reads(tmp_path: Path) -> None:
    mine, another = spool.Spool(tmp_path / "c"), spool.Spool(tmp_path / "c")
    for moment in (WHEN, WHEN + timedelta(seconds=1), WHEN + timedelta(seconds=2)):
        mine.write(make_line(at=moment))
    another.write(make_line())
    found = spool.files(tmp_path / "c")

    assert [path.name[:11] for path in found] == ["20260302T09", "20260302T09", "20260302T10"]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert len(lines_of(tmp_path / "c")) == 4


def test_threads_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    writer = spool.Spool(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: writer.write(make_line(asked_bytes=number)), range(2000)))

    assert sorted(one.asked_bytes for one in lines_of(tmp_path)) == list(range(2000))


def test_a_line_that_was_cut_costs_no_other(tmp_path: Path) -> None:
    whole = written(make_line())
    path = tmp_path / "20260302T09.1-0123456789ab.spool"
    path.write_bytes(whole + whole[:40] + whole + whole + whole[:7])
    lines, end = spool.read(path, 0)

    assert lines == [make_line(), make_line()]
    assert end == len(whole) * 3 + 40
    assert spool.read(path, end) == ([], end)


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "20260302T09.1-0123456789ab.spool"
    path.write_bytes(
        written(make_line()) * 10_000 + b"x" * spool.PIECE_BYTES * 2 + b"\n" + written(make_line())
    )
    offset, seen, rounds = 0, 0, 0
    while (piece := spool.read(path, offset))[1] > offset:
        offset, seen, rounds = piece[1], seen + len(piece[0]), rounds + 1

    assert (offset, seen) == (path.stat().st_size, 10_001)
    assert rounds > 2


def test_a_file_is_finished_a_while_after_its_hour_and_other_names_never() -> None:
    name, over = "20260302T09.1-0123456789ab.spool", datetime(2026, 3, 2, 10, tzinfo=UTC)

    assert not spool.is_finished(name, over + spool.GRACE - timedelta(seconds=1))
    assert spool.is_finished(name, over + spool.GRACE)
    assert not spool.is_finished("../20260302T09.1-0123456789ab.spool", over + timedelta(days=1))


def test_a_counter_writes_neither_address_nor_name(tmp_path: Path) -> None:
    Counter(tmp_path, SetClock(WHEN)).count(Listening.download, EPISODE, APP, 100, 900)
    (path,) = spool.files(tmp_path / "counting")
    (one,) = lines_of(tmp_path / "counting")

    assert (one.kind, one.asked_bytes, one.enough_bytes, one.is_software) == (
        Listening.download,
        100,
        900,
        False,
    )
    assert one.at == WHEN
    for said in (APP.address, APP.agent, "AntennaPod"):
        assert said.encode() not in path.read_bytes()


def test_the_same_listener_is_another_number_elsewhere_and_tomorrow(tmp_path: Path) -> None:
    clock = SetClock(WHEN)
    counter = Counter(tmp_path, clock)
    counter.count(Listening.download, EPISODE, APP)
    counter.count(Listening.download, EPISODE, APP)
    counter.count(Listening.download, uuid.UUID(int=8), APP)
    counter.count(Listening.download, EPISODE, Visitor(APP.address, "Overcast/3.0"))
    counter.count(Listening.download, EPISODE, Visitor("203.0.113.78", APP.agent))
    clock.move(days=1)
    counter.count(Listening.download, EPISODE, APP)
    numbers = [one.listener for one in lines_of(tmp_path / "counting")]

    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 5


def test_strange_names_and_no_address_are_counted_too(tmp_path: Path) -> None:
    assert len(listener(b"k" * 32, EPISODE, "", "\udcff\xff\n\0名")) == 32
    Counter(tmp_path, SetClock(WHEN)).count(Listening.read, EPISODE, Visitor("", ""))

    assert [one.is_software for one in lines_of(tmp_path / "counting")] == [True]


def test_a_full_disk_loses_a_count_and_says_so_once_an_hour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SetClock(WHEN)
    counter = Counter(tmp_path, clock)
    with caplog.at_level(logging.WARNING), full_disk():
        for _ in range(3):
            counter.count(Listening.download, EPISODE, APP)
        assert not counter.is_believed(APP)
        clock.move(hours=1)
        counter.count(Listening.download, EPISODE, APP)
    counter.count(Listening.download, EPISODE, APP)

    assert caplog.messages == ["listeners are not counted: File too large"] * 2
    assert len(lines_of(tmp_path / "counting")) == 1


def test_a_folder_that_cannot_be_made_is_no_error_either(tmp_path: Path) -> None:
    (tmp_path / "counting").write_text("in the way")
    counter = Counter(tmp_path, SetClock(WHEN))
    counter.begin()
    counter.count(Listening.download, EPISODE, APP)

    assert (tmp_path / "counting").read_text() == "in the way"


def test_a_spool_file_does_not_grow_without_end(tmp_path: Path) -> None:
    writer = spool.Spool(tmp_path)
    writer.write(make_line())
    (path,) = spool.files(tmp_path)
    with path.open("r+b") as file:
        file.truncate(spool.MOST_BYTES)

    with pytest.raises(OSError, match="full"):
        writer.write(make_line())
    assert path.stat().st_size == spool.MOST_BYTES


def test_a_page_is_believed_so_often_an_hour(tmp_path: Path) -> None:
    clock = SetClock(WHEN)
    counter = Counter(tmp_path, clock)
    believed = [counter.is_believed(APP) for _ in range(MOST_TOLD + 5)]

    assert believed == [True] * MOST_TOLD + [False] * 5
    assert counter.is_believed(Visitor("203.0.113.78", APP.agent))
    clock.move(hours=1)
    assert counter.is_believed(APP)
