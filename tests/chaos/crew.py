"""Several workers of one service, on PostgreSQL: whoever of them ends is another's to take over from.

Each has a name of its own, as on machines of their own: nobody comes back to the place of one that died.
"""

import time
from types import TracebackType

import sqlalchemy as sa

from app.models import (
    AuditEntry,
    Enclosure,
    Episode,
    Notice,
    Recording,
    Show,
    TranscriptRow,
    Window,
    WorkerRow,
)
from tests.chaos.nursery import Process
from tests.chaos.place import Place

#: Less than in service, so that nobody waits half a minute a hundred times; a busy machine needs some.
DEAD_AFTER_S = 2.0
#: When tags were last compared with the page: housekeeping writes it after a while.
_MAY_CHANGE = ("tagged_at",)
_TABLES = (Recording, Episode, Show, Enclosure, TranscriptRow, Window, Notice, AuditEntry)


class Crew:
    """Workers for the length of a block. What each does wrong stands in the place's orders."""

    def __init__(self, place: Place, size: int) -> None:
        self._place = place
        self._size = size
        self.workers: list[Process] = []
        self.ended: list[Process] = []

    def __enter__(self) -> "Crew":
        self.keep()
        return self

    def keep(self) -> int:
        """Start a worker for each that has ended; how many had."""
        gone = [worker for worker in self.workers if not worker.is_alive()]
        self.ended += gone
        self.workers = [worker for worker in self.workers if worker.is_alive()]
        while len(self.workers) < self._size:
            self.workers.append(self._place.start("worker", has_own_name=True))
        return len(gone)

    def any_gone(self) -> bool:
        """Whether one of them has ended."""
        return any(not worker.is_alive() for worker in self.workers)

    def ready(self) -> bool:
        """Whether all of them have begun."""
        return all("started" in worker.said() for worker in self.workers)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.kill()


def everything(place: Place) -> dict[str, list[object]]:
    """All rows that a worker could write over, and all objects, as they are now."""
    found: dict[str, list[object]] = {}
    with place.backends.database.reading() as session:
        for table in _TABLES:
            columns = list(table.__table__.columns)
            rows = session.execute(sa.select(*columns).order_by(columns[0])).all()
            found[table.__tablename__] = [
                (row[0], column.name, value)
                for row in rows
                for column, value in zip(columns, row, strict=True)
                if column.name not in _MAY_CHANGE
            ]
    found["objects"] = sorted((info.key, info.etag) for info in place.backends.store.list())
    return found


def changed(before: dict[str, list[object]], after: dict[str, list[object]]) -> list[str]:
    """What is there, or as it is, only before or only after; a row's column each."""
    pairs = [(name, set(map(repr, before[name])), set(map(repr, after[name]))) for name in before]
    return [f"{name}: {said[:200]}" for name, was, now in pairs for said in sorted(was ^ now)]


def taken_over(place: Place) -> int:
    """Of how many workers others have taken the work."""
    count = sa.select(sa.func.count()).where(WorkerRow.taken_over_by.is_not(None))
    with place.backends.database.reading() as session:
        return session.scalar(count) or 0


def settled(place: Place, for_s: float = 0.5) -> bool:
    """Whether all work has ended, and still has a moment later."""
    if not place.all_told():
        return False
    time.sleep(for_s)
    return place.all_told()
