"""Whether the service is well: database, store, disk, work, workers. Knows nothing of requests.

A worker counts as alive within thirty seconds of its last beat, by the database's clock (house, decision 1).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db import now_of_database
from app.errors import HearthError
from app.models import Recording, RecordingState, WorkerRow
from app.storage import ObjectStore

#: Below this, what is in work may not finish.
LOW_DISK_BYTES = 1024**3

#: A worker that was silent for longer is taken for dead.
BEAT_HOLDS = timedelta(seconds=30)

#: Six hours of sound take about three on one slow core; a recording in work for longer than this is stuck.
WORK_HOLDS = timedelta(hours=24)


@dataclass(frozen=True)
class Part:
    """One part of the service: whether it is well, and how it is in words for the owner."""

    name: str
    is_well: bool
    words: str


@dataclass(frozen=True)
class Health:
    """All parts, in the order in which one needs the other."""

    parts: tuple[Part, ...]

    @property
    def is_well(self) -> bool:
        """Whether all parts are."""
        return all(part.is_well for part in self.parts)


def look(open_session: Callable[[], Session], store: ObjectStore, data: Path) -> Health:
    """How everything is now. Never raises: what does not answer is not well."""
    parts = [_store(store), _disk(store, data)]
    try:
        with open_session() as session:
            now = now_of_database(session)
            parts = [
                Part("database", True, "The database answers."),
                *parts,
                _work(session, now),
                _workers(session, now),
            ]
    except SQLAlchemyError:
        silent = "Cannot be known while the database does not answer."
        parts = [
            Part("database", False, "The database does not answer."),
            *parts,
            Part("work", False, silent),
            Part("worker", False, silent),
        ]
    return Health(tuple(parts))


def _store(store: ObjectStore) -> Part:
    try:
        store.check()
    except (HearthError, OSError):
        return Part("store", False, "The store of recordings does not answer, or has no room.")
    return Part("store", True, "The store of recordings answers.")


def _disk(store: ObjectStore, data: Path) -> Part:
    free_bytes = shutil.disk_usage(data).free
    try:
        store_bytes = store.free_bytes()
    except (HearthError, OSError):
        store_bytes = None  # said by the store's own part
    if store_bytes is not None:
        free_bytes = min(free_bytes, store_bytes)
    free = f"{free_bytes / 1024**3:.1f} GiB are free."
    if free_bytes < LOW_DISK_BYTES:
        return Part("disk", False, f"{free} New recordings are refused: make room, or add a disk.")
    return Part("disk", True, free)


def _work(session: Session, now: datetime) -> Part:
    waiting = sa.select(sa.func.count(), sa.func.min(Recording.created_at)).where(
        Recording.state == RecordingState.working
    )
    count, oldest = session.execute(waiting).one()
    if not count:
        return Part("work", True, "No recording is waiting.")
    age = now - oldest
    words = f"{count} in work, the oldest for {_span(age)}."
    return Part("work", age <= WORK_HOLDS, words)


def _workers(session: Session, now: datetime) -> Part:
    last = session.scalar(sa.select(sa.func.max(WorkerRow.beat_at)).where(WorkerRow.stopped_at.is_(None)))
    if last is None:
        return Part("worker", False, "No worker is running: recordings are received but not worked on.")
    silence = now - last
    if silence > BEAT_HOLDS:
        return Part("worker", False, f"No worker has been heard of for {_span(silence)}. Start one.")
    return Part("worker", True, "A worker is running.")


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    if hours:
        return f"{hours} hour{'' if hours == 1 else 's'} and {rest} minute{'' if rest == 1 else 's'}"
    return f"{rest} minute{'' if rest == 1 else 's'}"
