"""The worker counts searches that found nothing, once each, and forgets them."""

import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import Backends
from app.counting import searches as lines
from app.counting import spool
from app.counting.counter import MOST_TOLD, Counter, Visitor
from app.counting.searches import Search
from app.db import Database
from app.models import SpoolFile, UnansweredSearch
from app.pipeline.searching import count_searches
from app.services import searches
from tests.factories import make_community
from tests.fakes import SetClock

PERSON = Visitor("203.0.113.77", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
EVENING = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
DAY = EVENING.date()


@pytest.fixture
def folder(backends: Backends) -> Path:
    return backends.settings.data / "searches"


@pytest.fixture
def counter(backends: Backends, clock: SetClock) -> Counter:
    """The web process of this machine, at half past eleven."""
    clock.now = EVENING
    return Counter(backends.settings.data, clock)


def rows(backends: Backends) -> list[tuple[date, uuid.UUID | None, str, int]]:
    with backends.database.reading() as session:
        found = session.scalars(sa.select(UnansweredSearch).order_by(UnansweredSearch.words))
        return [(row.day, row.community_id, row.words, row.count) for row in found]


def test_words_are_counted_by_day_and_community(backends: Backends, counter: Counter) -> None:
    with backends.database.begin() as session:
        community = make_community(session).id
    for place in (None, None, community, uuid.uuid4()):  # nobody has a community of the last name
        counter.note_search("sepsis", place, PERSON)

    assert count_searches(backends) == 4
    assert count_searches(backends) == 0
    counter.note_search("sepsis", None, PERSON)
    count_searches(backends)

    assert sorted(rows(backends), key=str) == sorted(
        [(DAY, None, "sepsis", 3), (DAY, community, "sepsis", 1)], key=str
    )


def test_the_line_says_neither_who_nor_when(backends: Backends, counter: Counter, folder: Path) -> None:
    counter.note_search("sepsis six", None, PERSON)
    (path,) = folder.iterdir()

    assert path.read_bytes() == b"2026-03-02 - sepsis six\n"
    assert path.name.startswith("20260302T00.")
    assert path.stat().st_mode & 0o077 == 0


def test_a_days_file_goes_when_the_day_is_over(
    backends: Backends, counter: Counter, clock: SetClock, folder: Path
) -> None:
    counter.note_search("sepsis", None, PERSON)
    clock.now = datetime(2026, 3, 3, 0, 4, tzinfo=UTC)
    count_searches(backends)
    assert len(spool.files(folder)) == 1
    clock.move(minutes=1)
    counter.note_search("sepsis", None, PERSON)
    count_searches(backends)

    assert [path.name[:11] for path in folder.iterdir()] == ["20260303T00"]
    assert [(row[0].day, row[3]) for row in rows(backends)] == [(2, 1), (3, 1)]
    with backends.database.reading() as session:
        assert len(session.scalars(sa.select(SpoolFile)).all()) == 1


@pytest.mark.parametrize("agent", ["", "Googlebot/2.1", "curl/8.0", "python-requests/2.34"])
def test_software_looks_for_nothing(counter: Counter, folder: Path, agent: str) -> None:
    counter.note_search("sepsis", None, Visitor("203.0.113.7", agent))

    assert not folder.exists()


def test_one_visitor_fills_no_list(backends: Backends, counter: Counter) -> None:
    for number in range(MOST_TOLD + 20):
        counter.note_search(f"word{number}", None, PERSON)

    assert count_searches(backends) == MOST_TOLD


def test_a_day_has_only_so_many_different_words(database: Database) -> None:
    many = [Search(DAY, None, f"word{number}") for number in range(searches.MOST_OF_DAY + 5)]
    with database.begin() as session:
        searches.add(session, many)
        searches.add(session, [*many[:1], Search(DAY, None, "new")])

    with database.reading() as session:
        found = {row.words: row.count for row in session.scalars(sa.select(UnansweredSearch))}
    assert len(found) == searches.MOST_OF_DAY
    assert (found["word0"], found.get("new")) == (2, None)


def test_words_are_forgotten_after_ninety_days(backends: Backends, counter: Counter, clock: SetClock) -> None:
    counter.note_search("sepsis", None, PERSON)
    count_searches(backends)
    clock.move(days=89)
    count_searches(backends)
    assert len(rows(backends)) == 1

    clock.move(days=1)
    count_searches(backends)

    assert rows(backends) == []


def test_what_is_no_line_of_ours_counts_nothing(backends: Backends, counter: Counter, folder: Path) -> None:
    counter.note_search("sepsis", None, PERSON)
    (path,) = folder.iterdir()
    with path.open("ab") as file:
        file.write(b"2026-13-45 - x\n\xff\xfe\n2026-03-02 zz x\n2026-03-02 - cut")

    assert count_searches(backends) == 1
    assert lines.read(path, 0)[0] == [Search(DAY, None, "sepsis")]


def test_a_full_disk_costs_nobody_their_answer(backends: Backends, counter: Counter, folder: Path) -> None:
    folder.write_bytes(b"")  # no folder can be made here

    counter.note_search("sepsis", None, PERSON)

    assert count_searches(backends) == 0
