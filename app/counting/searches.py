"""One line of the searches' spool: a day, a community or none, and words. Nothing of who asked, nor when."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from app.counting import spool

#: Below the data directory; apart from listeners', whose lines know hours.
FOLDER = "searches"

_LINE = re.compile(r"(\d{4}-\d\d-\d\d) ([0-9a-f]{32}|-) (\S[^\n]{0,199})", re.ASCII)
_NOWHERE = "-"


@dataclass(frozen=True)
class Search:
    """Words that found nothing; `community_id` where only one was searched."""

    day: date
    community_id: uuid.UUID | None
    words: str


def write(to: spool.Spool, search: Search) -> None:
    """Add the line to the day's file. Raises OSError."""
    place = search.community_id.hex if search.community_id else _NOWHERE
    text = f"{search.day.isoformat()} {place} {search.words}\n"
    # one file a day, named by its first hour: when somebody searched is nobody's business
    to.append(datetime.combine(search.day, time(0), UTC), text.encode())


def read(path: Path, offset: int) -> tuple[list[Search], int]:
    """The searches from there on, and up to where that is; a piece at a time. Raises OSError."""
    lines, end = spool.read_lines(path, offset)
    return [search for line in lines if (search := _parsed(line)) is not None], end


def is_finished(name: str, now: datetime) -> bool:
    """Whether nobody writes to this day's file any more."""
    return spool.is_finished(name, now - timedelta(hours=23))


def _parsed(text: bytes) -> Search | None:
    """None for a line that a full disk has cut, or that is not ours."""
    found = _LINE.fullmatch(text.decode("utf-8", "replace"))
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return Search(day, None if found[2] == _NOWHERE else uuid.UUID(found[2]), found[3])
