"""Many short recordings at once, through everything, by several workers on PostgreSQL: none lost, none twice.

What hands a recording in is given, so that it can be a service, a form or the API.
"""

import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Enclosure, Notice, Recording, RecordingState, SegmentRow, TranscriptRow, Window
from app.pipeline import engine
from tests.audio.sounds import make_voice, write_wav
from tests.bench.crew import crew, still_working
from tests.pipeline.making import receive, wait_for
from tests.postgres import PostgresServer

COUNT, WORKERS = 200, 3
#: Of the one window that each has.
WINDOW_S = 0.2
_SOUND_S = 3.0
_LIMIT_S = 1800.0

#: What hands in a sound under a title; the id of the recording.
HandIn = Callable[[Backends, Path, str], uuid.UUID]


def by_services(backends: Backends, sound: Path, title: str) -> uuid.UUID:
    """As the views do: the row and its work in one transaction."""
    with backends.database.begin() as session:
        recording = receive(session, backends, sound, title=title)
        engine.enqueue(session, recording)
        return recording.id


def prove(
    weights: Path,
    count: int = COUNT,
    workers: int = WORKERS,
    hand_in: HandIn = by_services,
    server: PostgresServer | None = None,
) -> dict[str, Any]:
    """Hand them in one after the other while workers work; what was found when all is done."""
    with tempfile.TemporaryDirectory() as folder, crew(weights, WINDOW_S, server) as members:
        members.grow(workers)
        backends, made = members.backends, []
        began_s = time.monotonic()
        for number in range(count):
            voice = make_voice(_SOUND_S, rate_hz=16_000, seed=number + 1)
            sound = write_wav(Path(folder) / f"{number}.wav", voice, rate_hz=16_000)
            made.append(hand_in(backends, sound, f"Recording {number}"))
        wait_for(lambda: not still_working(backends), _LIMIT_S)
        took_s = time.monotonic() - began_s
        wait_for(lambda: not _open_work(backends), 60)
        broken = [*_broken(backends, made)]
        if len(members.heard()) != count:
            broken.append(f"{len(members.heard())} windows were heard for {count} recordings")
        by_worker = Counter(heard.pid for heard in members.heard())
        return {
            "recordings": count,
            "workers": workers,
            "broken": len(broken),
            "examples": broken[:5],
            "overtaken_at_most_by": _overtaken(backends, made),
            "windows_by_worker": sorted(by_worker.values()),
            "took_s": round(took_s),
        }


def _open_work(backends: Backends) -> int:
    with backends.database.reading() as session:
        return engine.open_workflows(session)


def _broken(backends: Backends, made: Sequence[uuid.UUID]) -> Iterator[str]:
    """Whatever is lost, there twice, or mixed up."""
    stored = Counter(info.key.split("/")[0] for info in backends.store.list())
    with backends.database.reading() as session:
        for name in made:
            row = session.get(Recording, name)
            if row is None or row.state is not RecordingState.ready:
                yield f"{name} is {row.state if row else 'lost'}"
        for table, column in _ONE_EACH:
            counts = Counter(session.scalars(sa.select(column)))
            if len(counts) != len(made) or set(counts.values()) != {1}:
                yield f"{table} are not one for each: {counts.most_common(2)}"
        if again := session.scalars(sa.select(Window.recording_id).where(Window.runs != 1)).all():
            yield f"{len(again)} windows were begun more than once"
        said = _words(session)
        if len(set(said.values())) != len(made):
            yield f"{len(set(said.values()))} different texts"
    if stored != {"recordings": len(made), "enclosures": len(made)}:
        yield f"in the store are {dict(stored)}"


_ONE_EACH: tuple[tuple[str, Any], ...] = (
    ("transcripts", TranscriptRow.recording_id),
    ("enclosures", Enclosure.recording_id),
    ("notices", Notice.episode_id),
    ("windows", Window.recording_id),
)


def _words(session: Session) -> dict[uuid.UUID, str]:
    """What each transcript says: another sound says something else."""
    rows = session.execute(sa.select(SegmentRow.transcript_id, SegmentRow.text).order_by(SegmentRow.start_ms))
    said: dict[uuid.UUID, str] = {}
    for transcript, text in rows:
        said[transcript] = f"{said.get(transcript, '')} {text}"
    return said


def _overtaken(backends: Backends, made: Sequence[uuid.UUID]) -> int:
    """By how many that came later, at most, a recording was overtaken."""
    order = sa.select(Recording.id).order_by(Recording.finished_at)
    with backends.database.reading() as session:
        ends = {name: place for place, name in enumerate(session.scalars(order))}
    return max(
        sum(ends[later] < ends[name] for later in made[number + 1 :]) for number, name in enumerate(made)
    )
