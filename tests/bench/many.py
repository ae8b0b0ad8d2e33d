"""Many short recordings sent by the API at once, through everything, on PostgreSQL: none lost, none twice.

Several programs send them to a web process: the example of docs/api.md, a folder each, which waits until all
of its recordings are ready.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import (
    Enclosure,
    Episode,
    Notice,
    Recording,
    RecordingState,
    Scope,
    SegmentRow,
    TranscriptRow,
    Upload,
    Window,
)
from app.pipeline import engine
from tests.audio.sounds import make_voice, write_wav
from tests.bench.crew import crew, still_working
from tests.factories import make_account, make_community, make_membership, make_show
from tests.pipeline.making import wait_for
from tests.postgres import PostgresServer
from tests.web.api.calling import program_of
from tests.web.serving import ROOT, running

COUNT, WORKERS, SENDERS = 200, 3, 4
#: Of the one window that each has.
WINDOW_S = 0.2
_SOUND_S = 3.0
_LIMIT_S = 1800.0
_EXAMPLE = ROOT / "docs" / "examples" / "upload_folder.py"


def prove(
    weights: Path, count: int = COUNT, workers: int = WORKERS, server: PostgresServer | None = None
) -> dict[str, Any]:
    """Send them while workers work; what was found when all is done."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        members = stack.enter_context(crew(weights, WINDOW_S, server))
        members.grow(workers)
        backends = members.backends
        sent = dict(_make(folder, count))
        address = stack.enter_context(running(backends.settings))
        began_s = time.monotonic()
        with _sending(folder, address, _token(backends)) as senders:
            endings = [sender.wait(_LIMIT_S) for sender in senders]
        took_s = time.monotonic() - began_s
        wait_for(lambda: not still_working(backends), 60)
        wait_for(lambda: not _open_work(backends), 60)
        made = _in_order(backends)
        broken = [*_not_as_sent(backends, sent), *_broken(backends, made)]
        if any(endings):
            broken.append(f"the programs that sent them ended with {endings}")
        if len(members.heard()) != count:
            broken.append(f"{len(members.heard())} windows were heard for {count} recordings")
        by_worker = Counter(heard.pid for heard in members.heard())
        return {
            "recordings": len(made),
            "senders": len(endings),
            "workers": workers,
            "broken": len(broken),
            "examples": broken[:5],
            "overtaken_at_most_by": _overtaken(backends, made),
            "windows_by_worker": sorted(by_worker.values()),
            "took_s": round(took_s),
        }


def _make(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """The names of so many sounds in a folder for each sender, and their hashes."""
    for number in range(count):
        voice = make_voice(_SOUND_S, rate_hz=16_000, seed=number + 1)
        path = folder / str(number % SENDERS) / f"{number:03}.wav"
        path.parent.mkdir(exist_ok=True)
        yield path.name, hashlib.sha256(write_wav(path, voice, rate_hz=16_000).read_bytes()).hexdigest()


def _token(backends: Backends) -> str:
    """A producer's, with a show to send to."""
    with backends.database.session() as session:
        show = make_show(session, make_community(session), slug="voices")
        producer = make_account(session, password=None)
        make_membership(session, producer, show.community, "producer")
        return program_of(None, session, producer, [Scope.read, Scope.upload]).token


@contextmanager
def _sending(folder: Path, address: str, token: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A program for each folder."""
    said = ("--to", address, "--show", "voices", "--every", "0.5", "--everyone-agreed")
    senders = [
        subprocess.Popen(
            [sys.executable, _EXAMPLE, path, *said],
            env={**os.environ, "HEARTH_TOKEN": token},
            stdout=subprocess.DEVNULL,
        )
        for path in sorted(folder.iterdir())
    ]
    try:
        yield senders
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()


def _in_order(backends: Backends) -> Sequence[uuid.UUID]:
    """What has been received, in the order in which it came."""
    with backends.database.reading() as session:
        return session.scalars(sa.select(Recording.id).order_by(Recording.created_at)).all()


def _not_as_sent(backends: Backends, sent: Mapping[str, str]) -> Iterator[str]:
    """Whatever did not come, came twice, or came with other bytes."""
    with backends.database.reading() as session:
        rows = session.execute(sa.select(Recording.file_name, Recording.sha256)).all()
    came = Counter((name, sha256) for name, sha256 in rows)
    for name, sha256 in sorted({*sent.items(), *came}):
        if came[name, sha256] != 1 or sent.get(name) != sha256:
            yield f"{name} with the hash {sha256} is there {came[name, sha256]} times"


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
    ("uploads", Upload.recording_id),
    ("episodes", Episode.title),
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
