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

from app.audio import protections
from app.db import UtcTime, now_of_database
from app.errors import HearthError
from app.models import Recording, RecordingState, WorkerRow
from app.storage import ObjectStore

#: Below this, what is in work may not finish.
LOW_DISK_BYTES = 1024**3

#: What services/room.py asks of the store's disk for a recording: its size so often, and so much more.
ROOM_FACTOR = 2
ROOM_BYTES = 256 * 1024**2

#: A worker that was silent for longer is taken for dead.
BEAT_HOLDS = timedelta(seconds=30)

#: Six hours of sound take about three on one slow core; who is in one step for longer than this is stuck.
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
    parts.append(Part("sandbox", True, protections.in_words(protections.protections())))
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
    try:
        data_bytes = shutil.disk_usage(data).free
    except OSError:
        return Part("disk", False, "The data directory cannot be reached. Is its disk there?")
    try:
        store_bytes = store.free_bytes()
    except (HearthError, OSError):
        store_bytes = None  # said by the store's own part
    free_bytes = data_bytes if store_bytes is None else min(data_bytes, store_bytes)
    free = f"{free_bytes / 1024**3:.1f} GiB are free."
    if free_bytes < LOW_DISK_BYTES:
        return Part("disk", False, f"{free} {_refused(store_bytes)} Make room, or add a disk.")
    return Part("disk", True, free)


def _refused(store_bytes: int | None) -> str:
    """What little room means: for uploads as services/room.py decides, and for the worker's copies."""
    said = "What is in work may not finish."
    if store_bytes is None or store_bytes >= LOW_DISK_BYTES:
        return said
    largest_bytes = (store_bytes - ROOM_BYTES) // ROOM_FACTOR
    if largest_bytes <= 0:
        return f"All new recordings are refused. {said}"
    return f"New recordings of more than {largest_bytes / 1024**2:.0f} MB are refused. {said}"


def _work(session: Session, now: datetime) -> Part:
    """How long the slowest has been in its step: since it entered it, was tried again, or arrived."""
    since = sa.func.coalesce(
        Recording.step_started_at, Recording.queued_at, Recording.created_at, type_=UtcTime()
    )
    waiting = sa.select(sa.func.count(), sa.func.min(since, type_=UtcTime())).where(
        Recording.state == RecordingState.working
    )
    count, oldest = session.execute(waiting).one()
    if not count:
        return Part("work", True, "No recording is waiting.")
    age = now - oldest
    words = f"{count} in work, the slowest in its present step for {span(age)}."
    return Part("work", age <= WORK_HOLDS, words)


def _workers(session: Session, now: datetime) -> Part:
    last = session.scalar(sa.select(sa.func.max(WorkerRow.beat_at)).where(WorkerRow.stopped_at.is_(None)))
    if last is None:
        stopped = session.scalar(sa.select(sa.func.max(WorkerRow.stopped_at)))
        heard = f" The last one was stopped {span(now - stopped)} ago." if stopped else ""
        return Part(
            "worker", False, f"No worker is running: recordings are received but not worked on.{heard}"
        )
    silence = now - last
    if silence > BEAT_HOLDS:
        return Part("worker", False, f"No worker has been heard of for {span(silence)}. Start one.")
    return Part("worker", True, f"A worker is running. It was last heard of {span(silence)} ago.")


def span(length: timedelta) -> str:
    """A length of time as a person says it."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return _count(seconds, "second")
    hours, minutes = divmod(seconds // 60, 60)
    return f"{_count(hours, 'hour')} and {_count(minutes, 'minute')}" if hours else _count(minutes, "minute")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
