"""Lines become figures: a minute of sound, once a listener and day, and no line twice."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.counting.lines import Line
from app.db import Database
from app.models import DayCount, DayListener, Episode, Listening, SpoolFile
from app.services import counting, spooled
from tests.counting.making import WHEN, make_line
from tests.factories import make_episode

DAY = date(2026, 3, 2)
FILE = "20260302T09.1-0123456789ab.spool"
LATE = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def episode_id(database: Database) -> uuid.UUID:
    with database.begin() as session:
        return make_episode(session).id


def take(database: Database, *lines: Line, name: str = FILE) -> bool:
    """Count these as the next lines of a file."""
    with database.begin() as session:
        offset = spooled.read_until(session, name)
        if not spooled.claim(session, name, offset, offset + 100 * max(len(lines), 1)):
            return False
        counting.add(session, lines)
        return True


def figures(database: Database) -> dict[tuple[date, Listening], int]:
    with database.reading() as session:
        rows = session.scalars(sa.select(DayCount)).all()
        return {(row.day, row.kind): row.count for row in rows}


def test_ranges_of_a_day_are_joined_and_a_minute_counts_once(
    database: Database, episode_id: uuid.UUID
) -> None:
    take(database, make_line(episode_id))
    assert figures(database) == {}

    take(database, make_line(episode_id))
    assert figures(database) == {(DAY, Listening.download): 1}
    take(database, make_line(episode_id, asked_bytes=100), make_line(episode_id, asked_bytes=100))
    assert figures(database) == {(DAY, Listening.download): 1}


def test_less_than_a_minute_is_no_download(database: Database, episode_id: uuid.UUID) -> None:
    take(database, make_line(episode_id, asked_bytes=9), make_line(episode_id, who=1, asked_bytes=10))

    assert figures(database) == {(DAY, Listening.download): 1}


def test_every_listener_day_episode_and_kind_counts_by_itself(
    database: Database, episode_id: uuid.UUID
) -> None:
    with database.begin() as session:
        other = make_episode(session, session.get_one(Episode, episode_id).show).id
    whole = {"asked_bytes": 10}
    take(
        database,
        make_line(episode_id, at=LATE, **whole),
        make_line(episode_id, at=LATE + timedelta(seconds=1), **whole),
        make_line(episode_id, who=1, **whole),
        make_line(other, **whole),
        make_line(episode_id, kind=Listening.play, **whole),
        make_line(episode_id, kind=Listening.read, **whole),
    )
    with database.reading() as session:
        of_other = session.scalars(sa.select(DayCount.count).where(DayCount.episode_id == other)).all()

    assert of_other == [1]
    with database.begin() as session:
        session.delete(session.get_one(Episode, other))
    assert figures(database) == {
        (DAY, Listening.download): 2,
        (DAY + timedelta(days=1), Listening.download): 1,
        (DAY, Listening.play): 1,
        (DAY, Listening.read): 1,
    }


def test_software_is_counted_apart_and_its_reading_not_at_all(
    database: Database, episode_id: uuid.UUID
) -> None:
    take(
        database,
        make_line(episode_id, asked_bytes=10, is_software=True),
        make_line(episode_id, asked_bytes=10, is_software=True),
        make_line(episode_id, kind=Listening.read, asked_bytes=10, is_software=True),
        make_line(episode_id, kind=Listening.play, asked_bytes=10, is_software=True),
    )

    assert figures(database) == {(DAY, Listening.software): 1}


def test_lines_that_were_counted_are_not_counted_again(database: Database, episode_id: uuid.UUID) -> None:
    assert take(database, make_line(episode_id, asked_bytes=10))
    with database.begin() as session:
        session.execute(sa.delete(DayListener))  # not even where nobody is remembered any more
        assert not spooled.claim(session, FILE, 0, 100)

    assert figures(database) == {(DAY, Listening.download): 1}
    with database.reading() as session:
        assert spooled.read_until(session, FILE) == 100


def test_what_was_not_committed_is_counted_by_the_next(database: Database, episode_id: uuid.UUID) -> None:
    line = make_line(episode_id, asked_bytes=10)
    with database.session() as session:
        assert spooled.claim(session, FILE, 0, 100)
        counting.add(session, [line])
        session.rollback()
    assert figures(database) == {}

    assert take(database, line)
    assert figures(database) == {(DAY, Listening.download): 1}


def test_an_episode_that_is_gone_is_left_out_and_takes_its_figures_along(
    database: Database, episode_id: uuid.UUID
) -> None:
    take(database, make_line(uuid.uuid4(), asked_bytes=10), make_line(episode_id, asked_bytes=10))
    assert figures(database) == {(DAY, Listening.download): 1}

    with database.begin() as session:
        session.delete(session.get_one(Episode, episode_id))
    assert figures(database) == {}
    with database.reading() as session:
        assert session.scalars(sa.select(DayListener)).all() == []


def test_a_closed_day_keeps_its_figures_and_nobodys_number(database: Database, episode_id: uuid.UUID) -> None:
    take(database, make_line(episode_id, asked_bytes=10), make_line(episode_id, at=WHEN + timedelta(days=1)))
    with database.begin() as session:
        assert not counting.any_open(session, DAY)
        assert counting.any_open(session, DAY + timedelta(days=1))
        counting.close_days(session, DAY + timedelta(days=1))

    with database.reading() as session:
        assert session.scalars(sa.select(DayListener.day)).all() == [DAY + timedelta(days=1)]
    assert figures(database) == {(DAY, Listening.download): 1}


def test_files_are_forgotten_by_name_and_by_age(database: Database, episode_id: uuid.UUID) -> None:
    names = ["20260201T09.1-0123456789ab.spool", FILE, "20260302T10.1-0123456789ab.spool"]
    for name in names:
        take(database, make_line(episode_id), name=name)
    with database.begin() as session:
        spooled.forget_file(session, FILE)
        spooled.forget_files_before(session, "20260301T00")

    with database.reading() as session:
        assert session.scalars(sa.select(SpoolFile.name)).all() == names[2:]
