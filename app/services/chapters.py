"""The chapters of an episode: titled start times, edited as the rows of a table.

What a row may say is decided here, once. The page, the JSON chapters and the tags of the file all follow
the rows in the database.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models import Chapter, Episode
from app.services import drafts, fields

MOST = 300
LONGEST_TITLE = 255
#: 12:30, 1:05:09 or 0:05.250.
_TIME = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-9]{2})(?:\.([0-9]{1,3}))?")
_EXAMPLE = "Enter when it begins in minutes and seconds, such as 12:30."


@dataclass(frozen=True)
class Row:
    """A line of the table as it was typed."""

    start: str
    title: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into it."""
        return not (self.start.strip() or self.title.strip())


def rows(episode: Episode) -> list[Row]:
    """The chapters as a person edits them, in order."""
    return [Row(clock(chapter.start_ms), chapter.title) for chapter in episode.chapters]


def version(episode: Episode) -> str:
    """A name of this state of the chapters, to tell whether somebody else has changed them since."""
    said = "\n".join(f"{chapter.start_ms} {chapter.title}" for chapter in episode.chapters)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def edit(session: Session, episode: Episode, typed: Sequence[Row], seen: str, now: datetime) -> None:
    """Put these chapters in the place of those that there are; empty rows and their order do not count.

    Raises Invalid with a problem for each cell ("start-0", "title-0", counted from the first row), and
    Conflict where the chapters are no longer those that the person has `seen` (a `version`).
    """
    chapters = _read(typed, episode.enclosure.duration_ms if episode.enclosure else None)
    if seen != version(episode):
        raise Conflict("Somebody else has changed the chapters since you opened this page.")
    _set(session, episode, chapters)
    drafts.changed(session, episode, now)


def clock(start_ms: int) -> str:
    """1:05:09, 5:09 or 0:05.250."""
    seconds, thousandths = divmod(start_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}.{thousandths:03}" if thousandths else text


def _read(typed: Sequence[Row], duration_ms: int | None) -> dict[int, str]:
    """{start_ms: title} in order. Raises Invalid."""
    chapters: dict[int, str] = {}
    problems: dict[str, str | None] = {}
    filled = [(number, row) for number, row in enumerate(typed) if not row.is_empty]
    for number, row in filled[:MOST]:
        title, start_ms = fields.line(row.title), _milliseconds(row.start)
        problems[f"start-{number}"] = _wrong_start(start_ms, duration_ms, chapters)
        problems[f"title-{number}"] = _wrong_title(title)
        if start_ms is not None:
            chapters.setdefault(start_ms, title)
    if len(filled) > MOST:
        problems[f"start-{filled[MOST][0]}"] = f"Use {MOST} chapters or fewer. At present: {len(filled):,}."
    fields.refuse(problems)
    return dict(sorted(chapters.items()))


def _wrong_start(start_ms: int | None, duration_ms: int | None, taken: dict[int, str]) -> str | None:
    if start_ms is None:
        return _EXAMPLE
    if start_ms in taken:
        return f"Another chapter begins at {clock(start_ms)}, too."
    if duration_ms is not None and start_ms >= duration_ms:
        return f"The recording ends at {clock(duration_ms // 1000 * 1000)}."
    return None


def _wrong_title(title: str) -> str | None:
    if not title:
        return "Enter the title of the chapter."
    if len(title) > LONGEST_TITLE:
        return f"Use {LONGEST_TITLE} characters or fewer. At present there are {len(title):,}."
    return None


def _milliseconds(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[3]) > 59 or (found[1] and int(found[2]) > 59):
        return None
    whole = (int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])
    return whole * 1000 + int((found[4] or "0").ljust(3, "0"))


def _set(session: Session, episode: Episode, chapters: dict[int, str]) -> None:
    """Rows that stay keep their place, so that the unique time never meets itself half-way."""
    for row in list(episode.chapters):
        if row.start_ms in chapters:
            row.title = chapters.pop(row.start_ms)
        else:
            episode.chapters.remove(row)
    session.flush()
    episode.chapters.extend(Chapter(start_ms=start_ms, title=title) for start_ms, title in chapters.items())
    session.flush()
    session.expire(episode, ["chapters"])
