"""Counts the searches without an answer that this machine's spool files tell of. Safe to do twice."""

import logging

from app.backends import Backends
from app.counting import searches as lines
from app.counting import spool
from app.pipeline.spooling import count_file
from app.services import searches

log = logging.getLogger("hearth.searching")


def count_searches(backends: Backends) -> int:
    """Count what has been written since the last time, and forget what is ninety days old; how many lines."""
    now, counted = backends.clock(), 0
    for path in spool.files(backends.settings.data / lines.FOLDER):
        try:
            counted += count_file(
                backends,
                path,
                is_finished=lines.is_finished(path.name, now),
                read=lines.read,
                add=searches.add,
            )
        except OSError as error:
            log.error("spool file %s cannot be read: %s", path.name, error.strerror)
    with backends.database.reading() as session:
        is_due = searches.any_old(session, now.date())
    if is_due:
        with backends.database.begin() as session:
            searches.forget_old(session, now.date())
    return counted
