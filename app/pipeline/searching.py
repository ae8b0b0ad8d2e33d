"""Counts the searches without an answer that this machine's spool files tell of. Safe to do twice."""

import logging
from datetime import datetime
from pathlib import Path

from app.backends import Backends
from app.counting import searches as lines
from app.counting import spool
from app.services import counting, searches

log = logging.getLogger("hearth.searching")


def count_searches(backends: Backends) -> int:
    """Count what has been written since the last time, and forget what is ninety days old; how many lines."""
    now, counted = backends.clock(), 0
    for path in spool.files(backends.settings.data / lines.FOLDER):
        try:
            counted += _count_file(backends, path, now)
        except OSError as error:
            log.error("spool file %s cannot be read: %s", path.name, error.strerror)
    with backends.database.reading() as session:
        is_due = searches.any_old(session, now.date())
    if is_due:
        with backends.database.begin() as session:
            searches.forget_old(session, now.date())
    return counted


def _count_file(backends: Backends, path: Path, now: datetime) -> int:
    is_finished = lines.is_finished(path.name, now)
    with backends.database.reading() as session:
        offset = counting.read_until(session, path.name)
    counted = 0
    while (piece := lines.read(path, offset))[1] > offset:
        with backends.database.begin() as session:
            if not searches.take(session, path.name, offset, *piece):
                return counted
        offset, counted = piece[1], counted + len(piece[0])
    if is_finished:
        path.unlink(missing_ok=True)
        with backends.database.begin() as session:
            counting.forget_file(session, path.name)
    return counted
