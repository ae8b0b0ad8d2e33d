"""The worker counts what spool files say, wherever it is stopped, and forgets who was who."""

import dataclasses
import shutil
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import Backends
from app.counting import spool
from app.counting.counter import Counter, Visitor
from app.counting.lines import Line, written
from app.db import Database
from app.models import DayCount, DayListener, Listening, SpoolFile
from app.pipeline import counting as counting_here
from app.pipeline.listening import count_listeners
from app.pipeline.spooling import count_file
from app.services import counting, spooled
from tests.counting.making import make_line
from tests.factories import make_episode
from tests.fakes import SetClock

APP = Visitor("203.0.113.77", "AntennaPod/3.4.0")
EVENING = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


@pytest.fixture
def episode_id(backends: Backends) -> uuid.UUID:
    with backends.database.begin() as session:
        return make_episode(session).id


@pytest.fixture
def folder(backends: Backends) -> Path:
    return backends.settings.data / "counting"


@pytest.fixture
def counter(backends: Backends, clock: SetClock) -> Counter:
    """The web process of this machine, at half past eleven."""
    clock.now = EVENING
    return Counter(backends.settings.data, clock)


def count(backends: Backends) -> int:
    with backends.database.reading() as session:
        return session.scalar(sa.select(sa.func.sum(DayCount.count))) or 0


def rows(backends: Backends, table: type) -> int:
    with backends.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_file_that_another_counts_to_its_end_meanwhile_is_counted_once(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP, 100, 100)
    clock.now = EVENING + timedelta(hours=2)
    [path] = spool.files(folder)
    others: list[int] = []

    def read_slowly(path: Path, offset: int) -> tuple[list[Line], int]:
        found = spool.read(path, offset)
        others.append(count_listeners(backends))
        return found

    ours = count_file(backends, path, is_finished=True, read=read_slowly, add=counting.add)

    assert (ours, others, count(backends)) == (0, [1], 1)
    assert count_file(backends, path, is_finished=True, read=spool.read, add=counting.add) == 0


def test_a_web_process_without_a_worker_beside_it_counts_by_itself(
    backends: Backends, database: Database, counter: Counter, folder: Path
) -> None:
    settings = dataclasses.replace(backends.settings, database_url=database.url)
    here = dataclasses.replace(backends, settings=settings, database=database)
    with database.begin() as session:
        episode_id = make_episode(session).id
    counter.count(Listening.download, episode_id, APP, 100, 100)
    stopping = counting_here.start(here, every_s=0.01)
    wanted = 0 if settings.is_sqlite else 1
    deadline = time.monotonic() + 20
    while count(here) != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    stopping.set()

    assert count(here) == wanted


def test_figures_appear_while_the_hour_lasts_and_the_file_goes_after_it(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP, 60, 100)
    assert count_listeners(backends) == 1
    assert count(backends) == 0

    counter.count(Listening.download, episode_id, APP, 60, 100)
    assert count_listeners(backends) == 1
    assert (count(backends), count_listeners(backends)) == (1, 0)
    clock.now = datetime(2026, 3, 3, 0, 4, tzinfo=UTC)
    count_listeners(backends)
    assert len(spool.files(folder)) == 1

    clock.move(minutes=1)
    count_listeners(backends)
    assert spool.files(folder) == []
    assert rows(backends, SpoolFile) == 0
    assert count(backends) == 1


def test_after_midnight_neither_key_nor_number_is_left(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP)
    count_listeners(backends)
    assert (folder / "key-2026-03-02").exists()
    assert rows(backends, DayListener) == 1

    clock.now = datetime(2026, 3, 3, 0, 0, 10, tzinfo=UTC)
    count_listeners(backends)
    assert not (folder / "key-2026-03-02").exists()
    assert rows(backends, DayListener) == 1  # the last hour's lines may still be written

    clock.move(minutes=10)
    count_listeners(backends)
    assert rows(backends, DayListener) == 0
    assert list(folder.iterdir()) == []
    assert count(backends) == 1


def test_a_night_without_a_worker_costs_no_count(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP, 60, 100)
    count_listeners(backends)
    counter.count(Listening.download, episode_id, APP, 60, 100)
    clock.move(days=4)
    counter.count(Listening.download, episode_id, APP, 60, 100)

    assert [path.name for path in folder.glob("key-*")] == ["key-2026-03-06"]  # by the web process alone
    assert count_listeners(backends) == 2
    assert count(backends) == 1
    with backends.database.reading() as session:
        assert {day.isoformat() for day in session.scalars(sa.select(DayListener.day))} == {"2026-03-06"}


def test_killed_between_counting_and_removing_it_counts_nothing_twice(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP)
    (path,) = spool.files(folder)
    with backends.database.begin() as session:
        lines, end = spool.read(path, 0)
        spooled.claim(session, path.name, 0, end)
        counting.add(session, lines)  # ... and here it is killed
    clock.move(hours=2)

    assert count_listeners(backends) == 0
    assert count(backends) == 1
    assert spool.files(folder) == []


def test_killed_between_removing_the_file_and_its_row_it_leaves_a_row_that_goes(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP)
    count_listeners(backends)
    spool.files(folder)[0].unlink()
    clock.move(days=1)
    count_listeners(backends)
    assert rows(backends, SpoolFile) == 1

    clock.move(days=31)
    counter.count(Listening.download, episode_id, APP)
    count_listeners(backends)
    clock.move(days=1)
    count_listeners(backends)
    assert rows(backends, SpoolFile) == 0
    assert count(backends) == 2


def test_two_workers_at_one_folder_count_once(
    backends: Backends, counter: Counter, episode_id: uuid.UUID, folder: Path
) -> None:
    counter.count(Listening.download, episode_id, APP)
    (path,) = spool.files(folder)
    _, end = spool.read(path, 0)  # the other has read the same
    count_listeners(backends)

    with backends.database.begin() as session:
        assert not spooled.claim(session, path.name, 0, end)
    assert count(backends) == 1


def test_a_long_file_is_counted_in_pieces_and_a_broken_one_as_far_as_it_goes(
    backends: Backends, clock: SetClock, episode_id: uuid.UUID, folder: Path
) -> None:
    clock.now = EVENING
    folder.mkdir()
    lines = [make_line(episode_id, asked_bytes=10, listener=f"{number:032x}") for number in range(9_000)]
    long = folder / "20260302T09.1-0123456789ab.spool"
    long.write_bytes(b"".join(written(line) for line in lines) + written(lines[0])[:30])
    (folder / "20260302T10.1-0123456789ab.spool").write_bytes(b"\0" * 3_000_000)

    assert count_listeners(backends) == 9_000
    assert count(backends) == 9_000
    assert spool.files(folder) == []


def test_a_file_that_cannot_be_read_keeps_no_other_waiting_and_no_number_for_ever(
    backends: Backends, clock: SetClock, counter: Counter, episode_id: uuid.UUID, folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    counter.count(Listening.download, episode_id, APP)
    broken = folder / "20260302T09.1-0123456789ab.spool"
    broken.mkdir()
    assert count_listeners(backends) == 1
    assert any("cannot be read" in words for words in caplog.messages)

    clock.move(days=1)
    count_listeners(backends)
    assert rows(backends, DayListener) == 1
    clock.move(days=2)
    count_listeners(backends)
    assert rows(backends, DayListener) == 0


def test_nothing_to_count_takes_no_lock(backends: Backends, tmp_path: Path) -> None:
    shutil.rmtree(backends.settings.data / "counting", ignore_errors=True)
    with backends.database.session() as writing:
        writing.execute(sa.text("SELECT 1"))  # the one writer of SQLite

        assert count_listeners(backends) == 0


def test_the_day_is_the_lines_own(backends: Backends, counter: Counter, clock: SetClock) -> None:
    with backends.database.begin() as session:
        episode_id = make_episode(session).id
    counter.count(Listening.play, episode_id, APP)
    clock.move(hours=1)
    counter.count(Listening.play, episode_id, APP)
    count_listeners(backends)

    with backends.database.reading() as session:
        days = session.scalars(sa.select(DayCount.day).order_by(DayCount.day)).all()
    assert [day.isoformat() for day in days] == ["2026-03-02", "2026-03-03"]
    assert timedelta(days=1) == days[1] - days[0]
