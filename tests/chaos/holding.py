"""What must hold after every fault: `flask check`, and what is compared with a run without faults."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
import sqlalchemy as sa
from lxml import etree
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.models import (
    Enclosure,
    Episode,
    Notice,
    Recording,
    RecordingState,
    TranscriptRow,
    Upload,
    Window,
)
from app.pipeline import engine, housekeeping, places
from app.pipeline.checking import broken
from tests.chaos.place import Place

#: The workflow of an ended recording has a letter to write and a file to remove; nobody waits longer.
_DAYS = 40


def outcome(session: Session, recording: Recording) -> list[object]:
    """What a recording has become: its words and the hash of its sound."""
    transcript = session.scalars(
        sa.select(TranscriptRow).where(TranscriptRow.recording_id == recording.id)
    ).one()
    enclosure = session.scalars(sa.select(Enclosure).where(Enclosure.recording_id == recording.id)).one()
    words = [[row.start_ms, row.end_ms, row.text] for row in transcript.segments]
    return [words, enclosure.sha256]


def still_broken(place: Place) -> list[str]:
    """What `flask check --deep` finds, at any moment."""
    return broken(place.backends, deep=True)


def all_broken(place: Place, sounds: dict[object, str] | None = None, *, deaths: int = 0) -> list[str]:
    """Everything that does not hold once all work has ended.

    `sounds` says of which recording's id which sound it is; `deaths` how many windows may
    have been heard again.
    """
    found = still_broken(place)
    with place.backends.database.reading() as session:
        for question in (_unfinished(session), _double(session), _changed(session, place, sounds or {})):
            found.extend(question)
        runs = session.scalars(sa.select(Window.runs)).all()
        again = sum(runs) - len(runs)
        if again > deaths:
            found.append(f"{again} windows were heard again after {deaths} deaths")
    found += _unlike_its_feed(place)
    found += _left_over(place)
    return found


def _unfinished(session: Session) -> Iterator[str]:
    for row in session.scalars(sa.select(Recording).where(Recording.state == RecordingState.working)):
        yield f"recording {row.id} is still in {row.step}"
    left = engine.open_workflows(session)
    if left:
        yield f"{left} workflows are not finished"


def _double(session: Session) -> Iterator[str]:
    """One recording of an upload, one episode of a recording, one notice of how it ended."""
    questions: Iterable[tuple[str, sa.Select[tuple[object, int]]]] = (
        ("recordings of episode", _counted(Recording.episode_id)),
        ("enclosures of recording", _counted(Enclosure.recording_id)),
        ("transcripts of recording", _counted(TranscriptRow.recording_id)),
        ("notices of episode", _counted(Notice.episode_id)),
    )
    for what, query in questions:
        for key, number in session.execute(query.having(sa.func.count() > 1)):
            yield f"{number} {what} {key}"
    for upload in session.scalars(sa.select(Upload).where(Upload.completed_at.is_not(None))):
        if session.get(Recording, upload.recording_id) is None:
            yield f"upload {upload.id} is complete and has no recording"
    for episode in session.scalars(sa.select(Episode).where(Episode.recording_id.is_(None))):
        yield f"episode {episode.id} has no recording"


def _counted(column: sa.orm.InstrumentedAttribute[object]) -> sa.Select[tuple[object, int]]:
    return sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column)


def _changed(session: Session, place: Place, sounds: dict[object, str]) -> Iterator[str]:
    """Recordings that became something else than they become without a fault."""
    for recording_id, sound in sounds.items():
        row = session.get(Recording, recording_id)
        if row is None or row.state is not RecordingState.ready:
            yield f"recording {recording_id} is not ready: {row and (row.state, row.reason)}"
        elif row.attempt != 1:
            yield f"recording {recording_id} needed {row.attempt} attempts"
        elif outcome(session, row) != place.ground.outcome(sound):
            yield f"recording {recording_id} has other words or another sound than without faults"


def _unlike_its_feed(place: Place) -> Iterator[str]:
    """Feeds and enclosures as listeners get them: lengths and hashes are those of the rows."""
    app = create_app(backends=place.backends)
    client = app.test_client()
    headers = {"Host": place.settings.host}
    with place.backends.database.reading() as session:
        rows = {row.sha256[:12]: row.sha256 for row in session.scalars(sa.select(Enclosure))}
    answer = client.get("/shows/rounds/feed.xml", headers=headers)
    if answer.status_code == 404:
        return  # nothing has been published
    tree = etree.fromstring(answer.get_data())
    dates = []
    for item in tree.iterfind("channel/item"):
        enclosure = item.find("enclosure")
        dates.append(parsedate_to_datetime(item.findtext("pubDate", "")))
        if enclosure is None:
            yield "an item of the feed has no enclosure"
            continue
        url = str(enclosure.get("url"))
        got = client.get(url.removeprefix(place.url), headers=headers)
        body = got.get_data()
        if got.status_code == 302:  # a bucket gives it out itself
            body = requests.get(got.headers["Location"], timeout=60).content
        if str(len(body)) != enclosure.get("length"):
            yield f"{url} has {len(body)} bytes, its feed says {enclosure.get('length')}"
        if hashlib.sha256(body).hexdigest() not in rows.values():
            yield f"{url} gives other bytes than were stored ({got.status_code})"
    if dates != sorted(dates, reverse=True):
        yield "the feed does not begin with what was published last"
    if any(date > datetime.now(UTC) + timedelta(minutes=1) for date in dates):
        yield "the feed holds an episode before its time"


def _left_over(place: Place) -> Iterator[str]:
    """After the time, nothing lies about that no row names, and no row names what is not there."""
    later = place.later(days=_DAYS)
    housekeeping.sweep(later)
    housekeeping.sweep_orphans(later)
    again = housekeeping.sweep_orphans(later)
    if again:
        yield f"{again} orphans were left by a sweep"
    yield from _unnamed(later)
    if not place.settings.is_sqlite:
        places.clear_left(place.data)  # as every worker does each minute
    for name in ("work", "incoming", "tmp"):
        for path in sorted((place.data / name).rglob("*")):
            if path.is_file():
                yield f"{path.relative_to(place.data)} was left"
    for words in broken(later, deep=True):
        yield f"after a sweep: {words}"


def _unnamed(backends: Backends) -> Iterator[str]:
    with backends.database.reading() as session:
        named = set(session.scalars(sa.select(Recording.key))) | set(
            session.scalars(sa.select(Enclosure.key))
        )
    for info in backends.store.list():
        if info.key not in named:
            yield f"{info.key} is named by no row"
    if open_uploads := list(backends.store.abandoned(backends.clock())):
        yield f"{len(open_uploads)} uploads are still open"
