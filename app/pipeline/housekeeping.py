"""The worker's quiet minute: listeners, tags that follow the page, the bin, uploads nobody continued.

Everything here is safe to do twice and by two workers at once.
"""

import hashlib
import logging
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app.audio.errors import AudioError
from app.audio.tags import write_tags
from app.backends import Backends
from app.models import Enclosure, Recording, RecordingState
from app.pipeline import engine, places
from app.pipeline.border import OURS
from app.pipeline.checking import log_broken
from app.pipeline.listening import count_listeners
from app.pipeline.searching import count_searches
from app.search.index import erase
from app.services import enclosures, housekeeping, recordings
from app.services.enclosures import WantedTags
from app.storage.errors import StorageError, StoreUnavailable
from app.storage.keys import enclosure_key, recording_key

EVERY_S = 10.0
MINUTE_S = 60.0
SWEEP_EVERY_S = 3600.0
CHECK_EVERY_S = 24 * 3600.0

#: Kinds of objects that rows name.
_SWEPT = ("recordings", "enclosures", "artwork")

log = logging.getLogger("hearth.housekeeping")

#: Enclosures whose tags cannot be written, and when that is tried again (monotonic).
_not_before_s: dict[uuid.UUID, float] = {}


def start(backends: Backends, stopping: threading.Event) -> threading.Thread:
    """Keep house in a thread of its own until `stopping` is set."""
    thread = threading.Thread(target=_run, args=(backends, stopping), name="housekeeping", daemon=True)
    thread.start()
    return thread


def _run(backends: Backends, stopping: threading.Event) -> None:
    sweep_at_s = minute_at_s = time.monotonic() + EVERY_S
    check_at_s = time.monotonic() + SWEEP_EVERY_S
    while not stopping.wait(EVERY_S):
        _put_off(lambda: count_listeners(backends))
        _put_off(lambda: count_searches(backends))
        _put_off(lambda: renew_tags(backends))
        if time.monotonic() >= minute_at_s:
            minute_at_s = time.monotonic() + MINUTE_S
            _put_off(lambda: give_up_lost(backends))
            if not backends.settings.is_sqlite:
                _put_off(lambda: places.clear_left(backends.settings.data))
        if time.monotonic() >= sweep_at_s:
            sweep_at_s = time.monotonic() + SWEEP_EVERY_S
            _put_off(lambda: sweep(backends))
            _put_off(lambda: sweep_orphans(backends))
        if time.monotonic() >= check_at_s:
            check_at_s = time.monotonic() + CHECK_EVERY_S
            _put_off(lambda: log_broken(backends))


def _put_off(work: Callable[[], object]) -> None:
    """What cannot be done now is tried again in the next round, and keeps nothing else from being done."""
    try:
        work()
    except (StorageError, AudioError, OSError, sa.exc.SQLAlchemyError) as error:
        log.warning("housekeeping put off: %s", type(error).__name__)
    except Exception:  # this thread's border: a worker without housekeeping would fill the disk unseen
        log.exception("housekeeping broke")


def renew_tags(backends: Backends) -> int:
    """Write the tags of published enclosures anew where title, show, artwork or chapters have changed."""
    with backends.database.reading() as session:
        if not housekeeping.any_tags_due(session):
            return 0  # the usual case takes no write lock
    read_at = backends.clock()
    with backends.database.begin() as session:
        due = housekeeping.outdated_tags(session, read_at)
    due = [(old, wanted) for old, wanted in due if time.monotonic() >= _not_before_s.get(old.id, 0.0)]
    for old, wanted in due:
        try:
            _renew(backends, old, wanted, read_at)
            _not_before_s.pop(old.id, None)
        except (StoreUnavailable, OSError, sa.exc.SQLAlchemyError):  # the others would fare no better
            raise
        except Exception as error:  # this loop's border: one broken file must not stop it
            expected = isinstance(error, (StorageError, AudioError))
            log.error("tags of enclosure=%s put off", old.id, exc_info=None if expected else error)
            _not_before_s[old.id] = time.monotonic() + SWEEP_EVERY_S
    return len(due)


def _renew(backends: Backends, old: Enclosure, wanted: WantedTags, read_at: datetime) -> None:
    artwork = enclosures.artwork_bytes(backends.store, wanted)
    with tempfile.TemporaryDirectory(dir=backends.settings.data) as folder:
        path = Path(folder) / "renewed.mp3"
        backends.store.download(old.key, path)
        write_tags(path, enclosures.as_tags(wanted, artwork, old.duration_ms))
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        key = enclosure_key(old.episode_id, sha256)
        backends.store.put_file(key, path)
        size_bytes = path.stat().st_size
    with backends.database.begin() as session:
        housekeeping.replace_enclosure(
            session, old, key, sha256, size_bytes, wanted.digest, read_at, backends.clock()
        )


def sweep(backends: Backends) -> None:
    """Let go of what nobody needs: rows first, then objects, so that a crash leaves orphans, not holes."""
    now = backends.clock()
    with backends.database.reading() as session:
        abandoned = housekeeping.abandoned_uploads(session, now)
    joined = {row.id for row in abandoned if backends.store.exists(recording_key(row.recording_id))}
    with backends.database.begin() as session:
        uploads = housekeeping.forget_uploads(session, abandoned, joined, now)
        keys = housekeeping.former_objects(session, now) + housekeeping.empty_bin(session, now)
        if backends.settings.is_sqlite:
            erase(session)
    if backends.settings.is_sqlite:
        backends.database.checkpoint()  # words that were replaced or withdrawn leave the log as well
    for upload in uploads:
        backends.store.abort(recording_key(upload.recording_id), upload.store_upload)
    for key in keys:
        backends.store.delete(key)
    with backends.database.reading() as session:
        wanted = housekeeping.open_uploads(session)
    for begun in list(backends.store.abandoned(now - timedelta(days=housekeeping.UPLOAD_DAYS))):
        if begun.upload_id not in wanted:
            backends.store.abort(begun.key, begun.upload_id)
    backends.store.tidy(now - timedelta(days=1))
    if uploads or keys:
        log.info("swept uploads=%d objects=%d", len(uploads), len(keys))


def sweep_orphans(backends: Backends) -> int:
    """Objects and uploads that no row names, a day after they were written; how many were let go.

    A published enclosure whose object is missing is an alarm: nothing can be done about it here.
    """
    before = backends.clock() - timedelta(hours=housekeeping.ORPHAN_HOURS)
    found = {info.key: info for kind in _SWEPT for info in backends.store.list(kind)}
    open_uploads = list(backends.store.abandoned(before))
    with backends.database.reading() as session:  # read after the store: a row is younger than its object
        orphans = housekeeping.without_row(session, set(found))
        holes = housekeeping.without_object(session, set(found))
        known = housekeeping.known_uploads(session)
    for key in holes:
        if not backends.store.exists(key):  # it may have been written since the list was read
            log.error("the sound of a published episode is missing: %s", key)
    old = [key for key in orphans if found[key].modified_at < before]
    for key in old:
        backends.store.delete(key)
    lost = [upload for upload in open_uploads if upload.upload_id not in known]
    for upload in lost:
        backends.store.abort(upload.key, upload.upload_id)
    backends.store.tidy(before)
    if old or lost:
        log.info("swept orphans=%d uploads=%d", len(old), len(lost))
    return len(old) + len(lost)


def give_up_lost(backends: Backends) -> int:
    """Recordings "on their way" that nobody will ever work on fail in words, so that they can be tried again.

    Their workflow has ended by an error of the engine's own, or is not there at all. There should be none;
    a person must not wait for a should.
    """
    with backends.database.reading() as session:
        lost = engine.lost(session, recordings.working(session))
    return sum(_give_up(backends, row) for row in lost)


def _give_up(backends: Backends, lost: Recording) -> bool:
    """Whether it is still as it looked: it may have arrived between the two questions."""
    with backends.database.begin() as session:
        row = recordings.in_work(session, lost.id, lost.attempt, hold=True)
        if row is None or engine.is_open(session, row):
            return False
        log.error("recording=%s attempt=%d has no workflow", row.id, row.attempt)
        recordings.stop(session, row, RecordingState.failed, OURS, backends.clock())
        return True
