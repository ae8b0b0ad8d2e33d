"""A backup into an empty service: the objects first, the rows last and at once.

So an interrupted restore leaves an empty service, not half a one, and can be begun again: objects that are
there already are not sent a second time. If it is not, a worker lets go of them a day later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.backends import Backends
from app.backup import embedded, loading, marks, sources
from app.backup.archive import Archive, open_archive
from app.backup.errors import BackupError
from app.backup.objects import put_back
from app.backup.progress import Progress, Say
from app.backup.writing import said
from app.db import sqlite_path
from app.migrate import knows
from app.pipeline import worker
from app.services import app_codes

CODES_REFUSED = (
    "HEARTH_SECRET is not known to be that of the service that was backed up. Under another, codes from "
    "apps are refused: set the old one, here or as HEARTH_SECRET_OLD. Otherwise people come in by a recovery "
    "code or a passkey and set codes up anew."
)


def read_backup(backends: Backends, file: Path, say: Say) -> None:
    """Restore into an empty service. Raises HearthError, having changed nothing, for a bad file."""
    settings = backends.settings
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(backends):
        try:
            _check_target(backends)
            archive = open_archive(file)
            with sources.opened(archive, settings.data) as source:
                if not knows(source.revision):
                    raise BackupError("A newer version of Hearth wrote this backup. Install that first.")
                loading.try_out(backends, source)
                _restore_objects(backends, archive, source.keys, say)
                anew = loading.load(backends, source)
        except sa.exc.SQLAlchemyError as error:
            raise BackupError(
                f"The database did not take the backup, and is as it was: {said(error)}."
            ) from error
        except OSError as error:
            words = f"The restore has ended, and nothing is half-done: {error.strerror or error}."
            raise BackupError(words) from error
    _say_what_came(backends, archive, anew, say)


@contextmanager
def _alone(backends: Backends) -> Iterator[None]:
    """Keep workers of a SQLite database away; those of PostgreSQL tell of themselves in their rows."""
    if not backends.settings.is_sqlite:
        yield
        return
    with worker.open_lock(backends.settings.data / "worker.lock") as place:
        if not worker.try_lock(place):
            raise BackupError("A worker is running on this data directory. Stop the service first.")
        yield


def _check_target(backends: Backends) -> None:
    url = backends.settings.database_url
    if backends.settings.is_sqlite:
        if not sqlite_path(url).exists():
            return
        embedded.check_readable(url)
    with backends.database.reading() as session:
        loading.check_empty(session.connection())


def _restore_objects(backends: Backends, archive: Archive, wanted: set[str], say: Say) -> None:
    place = backends.settings.data / "object.restoring"
    progress = Progress(say, len(archive.keys))
    try:
        for key, size_bytes, sha256, file in archive.objects():
            if key in wanted:
                put_back(backends.store, key, size_bytes, sha256, file, place)
            progress.add(size_bytes)
    finally:
        place.unlink(missing_ok=True)


def _say_what_came(backends: Backends, archive: Archive, anew: int, say: Say) -> None:
    say(f"{len(archive.keys):,} files and the rows are restored.")
    if archive.missing:
        say(f"{len(archive.missing)} files that the rows name were not in the store when it was backed up.")
    if anew:
        say(f"{anew} recordings were on their way: they begin anew when a worker runs.")
    with backends.database.reading() as session:
        is_known = any(marks.fits(archive.mark, secret) for secret in backends.settings.secrets)
        if app_codes.are_there(session) and not is_known:
            say(CODES_REFUSED)
    say("Run flask migrate, as before every start, then start web and worker.")
