"""The worker's quiet minute: tags that follow the page, the bin, uploads that nobody continued.

Everything here is safe to do twice and by two workers at once.
"""

import hashlib
import logging
import tempfile
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from app.audio.errors import AudioError
from app.audio.tags import write_tags
from app.backends import Backends
from app.search.index import erase
from app.services import enclosures, housekeeping
from app.storage.errors import StorageError
from app.storage.keys import enclosure_key, recording_key

EVERY_S = 10.0
SWEEP_EVERY_S = 3600.0

log = logging.getLogger("hearth.housekeeping")


def start(backends: Backends, stopping: threading.Event) -> threading.Thread:
    """Keep house in a thread of its own until `stopping` is set."""
    thread = threading.Thread(target=_run, args=(backends, stopping), name="housekeeping", daemon=True)
    thread.start()
    return thread


def _run(backends: Backends, stopping: threading.Event) -> None:
    swept_s = 0.0
    while not stopping.wait(EVERY_S):
        try:
            renew_tags(backends)
            if time.monotonic() - swept_s > SWEEP_EVERY_S:
                swept_s = time.monotonic()
                sweep(backends)
        except (StorageError, AudioError, OSError, sa.exc.SQLAlchemyError) as error:
            log.warning("housekeeping put off: %s", type(error).__name__)


def renew_tags(backends: Backends) -> int:
    """Write the tags of published enclosures anew where title, show, artwork or chapters have changed."""
    with backends.database.reading() as session:
        if not housekeeping.any_tags_due(session):
            return 0  # the usual case takes no write lock
    with backends.database.begin() as session:
        due = housekeeping.outdated_tags(session, backends.clock())
    for old, wanted in due:
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
                session, old, key, sha256, size_bytes, wanted.digest, backends.clock()
            )
    return len(due)


def sweep(backends: Backends) -> None:
    """Let go of what nobody needs: rows first, then objects, so that a crash leaves orphans, not holes."""
    now = backends.clock()
    with backends.database.begin() as session:
        uploads = housekeeping.abandoned_uploads(session, now)
        keys = housekeeping.former_objects(session, now) + housekeeping.empty_bin(session, now)
        if backends.settings.is_sqlite:
            erase(session)
    if backends.settings.is_sqlite:
        backends.database.checkpoint()  # words that were replaced or withdrawn leave the log as well
    for upload in uploads:
        backends.store.abort(recording_key(upload.recording_id), upload.store_upload)
    for key in keys:
        backends.store.delete(key)
    if uploads or keys:
        log.info("swept uploads=%d objects=%d", len(uploads), len(keys))
