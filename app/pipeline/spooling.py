"""A spool file into the database, a piece and a transaction at a time; then it is removed.

Safe to do twice, by two workers at once, and to be killed in: what is counted and how far the file is read
stand in one transaction.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from app.backends import Backends
from app.services import spooled

Said = TypeVar("Said")


def count_file(
    backends: Backends,
    path: Path,
    *,
    is_finished: bool,
    read: Callable[[Path, int], tuple[Sequence[Said], int]],
    add: Callable[[Session, Sequence[Said]], None],
) -> int:
    """Count the lines that nobody has counted yet; how many. Raises OSError; a file that is gone has none.

    `read` gives the lines from a byte on, a piece of them, and up to where they go.
    """
    with backends.database.reading() as session:
        offset = spooled.read_until(session, path.name)
    counted = 0
    while True:
        try:
            lines, end = read(path, offset)
        except FileNotFoundError:  # whoever else counts here was quicker
            return counted
        if end <= offset:
            break
        with backends.database.begin() as session:
            if not spooled.claim(session, path.name, offset, end):
                return counted
            if not path.exists():  # counted to its end, and forgotten, since we have read it
                session.rollback()
                return counted
            add(session, lines)
        offset, counted = end, counted + len(lines)
    if is_finished:
        path.unlink(missing_ok=True)
        with backends.database.begin() as session:
            spooled.forget_file(session, path.name)
    return counted
