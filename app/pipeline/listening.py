"""Counts the listeners that this machine's spool files tell of, a piece and a transaction at a time.

Files first, days after: a day is closed when all its lines have been counted.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from app.backends import Backends
from app.counting import spool
from app.counting.keys import destroy_former
from app.pipeline.spooling import count_file
from app.services import counting, spooled

log = logging.getLogger("hearth.listening")

#: After midnight, before a day is closed: the last hour's files are finished and counted by then.
CLOSE_AFTER = 2 * spool.GRACE
#: A day is closed at the latest then, also where a file of it cannot be read.
CLOSE_ANYWAY = timedelta(days=2)
#: How long is remembered how far a file was read that is not on this machine.
REMEMBER = timedelta(days=30)


def count_listeners(backends: Backends) -> int:
    """Count what has been written since the last time; how many lines."""
    folder, now = backends.settings.data / spool.FOLDER, backends.clock()
    destroy_former(folder, now.date())
    counted = 0
    for path in spool.files(folder):
        try:
            counted += count_file(
                backends,
                path,
                is_finished=spool.is_finished(path.name, now),
                read=spool.read,
                add=counting.add,
            )
        except OSError as error:
            log.error("spool file %s cannot be read: %s", path.name, error.strerror)
    _close_days(backends, folder, now)
    return counted


def _close_days(backends: Backends, folder: Path, now: datetime) -> None:
    today = (now - CLOSE_AFTER).date()
    first = spool.files(folder)[:1]
    if first and first[0].name < spool.name_from(now.replace(hour=0)):
        today = (now - CLOSE_ANYWAY).date()  # lines of an earlier day wait for their count
    with backends.database.reading() as session:
        if not counting.any_open(session, today):
            return  # the usual case takes no write lock
    with backends.database.begin() as session:
        counting.close_days(session, today)
        spooled.forget_files_before(session, spool.name_from(now - REMEMBER))
