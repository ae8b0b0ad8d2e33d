"""From any database and store into any other: the same rows, files, pages, feeds and hits."""

import tarfile
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import sqlalchemy as sa

from app import create_app
from app.backends import Backends
from app.backup import read_backup, write_backup
from app.backup.tables import CARRIED, LEFT
from app.db import Base
from app.migrate import migrate
from app.models import AuditEntry, Recording, RecordingState, SegmentRow
from app.pipeline import engine
from app.pipeline.checking import broken
from app.services import audit
from app.services.audit import Subject
from app.services.housekeeping import named_objects
from tests.backup.conftest import Place
from tests.backup.service import EXACTLY, quiet
from tests.moving.face import Answer, Headers, differences, found_by, public_face, queries

#: Each combination is left once and reached once, SQLite with a folder first and last.
WAY = (
    ("sqlite", "folder"),
    ("postgresql", "s3"),
    ("sqlite", "s3"),
    ("postgresql", "folder"),
    ("sqlite", "folder"),
)
#: Where the public looks at it as well.
SEEN_AT = (1, 4)
#: What was on its way begins anew: its attempt and when it was enqueued are others.
IN_WORK = "rows/recordings.jsonl"

FEEDS = ("/shows/rounds/feed.xml", "/shows/stories/feed.xml")


class Seen:
    """A service as its public sees it."""

    def __init__(self, backends: Backends) -> None:
        self._base = backends.settings.public_url
        self._client = create_app(backends=backends).test_client()

    def get(self, address: str) -> tuple[int, Headers, bytes]:
        """By the test client, and from the store's server where the answer sends everybody there."""
        answer = self._client.get(address)
        if answer.location and urlsplit(answer.location).netloc not in ("", urlsplit(self._base).netloc):
            with urlopen(answer.location) as sent:
                return sent.status, {"content-type": sent.headers["content-type"]}, sent.read()
        return answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.data

    def face(self) -> dict[str, Answer]:
        """Every public address."""
        return public_face(self.get, self._base)

    def tags(self) -> list[str]:
        """Of the feeds: a reader that has one asks whether it is still this."""
        return [self.get(address)[1]["etag"] for address in FEEDS]


def members(file: Path) -> dict[str, bytes]:
    """What a backup has in it, but for the manifest, which has a mark of its own."""
    with tarfile.open(file) as tar:
        names = [name for name in tar.getnames() if name != "manifest.json"]
        return {name: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]


def test_a_service_goes_round_all_databases_and_stores_and_stays_the_same(
    filled: Backends, place: Place, tmp_path: Path
) -> None:
    seen = Seen(filled)
    face, tags = seen.face(), seen.tags()
    asked = queries(face)
    hits = {query: found_by(seen.get, query) for query in asked}
    write_backup(filled, tmp_path / "0.tar", quiet)
    for number, (database, store) in enumerate(WAY[1:], 1):
        there = place(database, store)
        read_backup(there, tmp_path / f"{number - 1}.tar", quiet)
        assert broken(there, deep=True) == []
        if number in SEEN_AT:
            now = Seen(there)
            assert differences(face, now.face()) == []
            assert now.tags() == tags
            assert {query: found_by(now.get, query) for query in asked} == hits
        write_backup(there, tmp_path / f"{number}.tar", quiet)
    tars = [members(tmp_path / f"{number}.tar") for number in range(len(WAY))]

    assert len(asked) == 60
    assert set(FEEDS) < set(face)
    assert [
        (number, name)
        for number, (one, other) in enumerate(pairwise(tars))
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name) and name != IN_WORK
    ] == []


def test_every_table_is_carried_or_left_for_a_reason() -> None:
    assert sorted([*CARRIED, *LEFT]) == sorted(Base.metadata.tables)
    assert all(LEFT.values())


def test_the_filled_service_has_a_row_of_everything_that_is_carried(filled: Backends) -> None:
    with filled.database.reading() as session:
        empty = [
            name
            for name in CARRIED
            if session.execute(sa.select(Base.metadata.tables[name]).limit(1)).first() is None
        ]

    assert empty == []


def test_what_was_on_its_way_begins_anew_and_open_uploads_are_gone(
    filled: Backends, target: Backends, tmp_path: Path
) -> None:
    said: list[str] = []
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", said.append)
    with target.database.reading() as session:
        begun = session.scalars(sa.select(Recording).where(Recording.state == RecordingState.working)).one()

        assert (begun.attempt, str(begun.step)) == (2, "receive")
        assert engine.is_open(session, begun)
        assert [session.execute(sa.select(Base.metadata.tables[name])).first() for name in LEFT] == [
            None
        ] * len(LEFT)
    assert "1 recordings were on their way" in "".join(said)


def test_erased_things_stay_erased(filled: Backends, target: Backends, tmp_path: Path) -> None:
    orphan = "recordings/0b0e7f6a-3a52-4b6e-9d5c-6f0f5a3f9c11/source"
    filled.store.put_bytes(orphan, b"somebody who did not want to be heard")
    migrate(target.settings.database_url)  # as after the release step
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(target, tmp_path / "hearth.tar", quiet)
    with target.database.reading() as session:
        named = named_objects(session)

    assert {info.key for info in target.store.list()} == named
    assert b"did not want" not in (tmp_path / "hearth.tar").read_bytes()


def test_on_postgresql_new_rows_follow_the_old_ones_and_a_nul_in_a_text_is_a_sign(
    filled: Backends, on_postgres: Backends, tmp_path: Path
) -> None:
    with filled.database.begin() as session:
        row = session.scalars(sa.select(SegmentRow).limit(1)).one()
        row.text, row.words = "be\x00fore", [[0, 1, "be\x00fore", 0.9]]
    write_backup(filled, tmp_path / "hearth.tar", quiet)
    read_backup(on_postgres, tmp_path / "hearth.tar", quiet)
    with on_postgres.database.begin() as session:
        highest = session.scalars(sa.select(sa.func.max(AuditEntry.id))).one()
        audit.add(session, None, "came later", Subject("x"), EXACTLY)
        session.flush()

        assert session.scalars(sa.select(sa.func.max(AuditEntry.id))).one() == highest + 1
        assert session.get_one(SegmentRow, row.id).text == "be\ufffdfore"
