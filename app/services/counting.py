"""Lines of the spool become figures of a day (IAB Podcast Measurement Technical Guidelines 2.1).

A download is counted when a minute of sound has been asked for, over all ranges of one listener and one
UTC day; a play or a read with the first line that tells of it. Each once a listener and day.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.counting.lines import Line
from app.models import DayCount, DayListener, Enclosure, Episode, Listening

Key = tuple[date, uuid.UUID, Listening, str]


@dataclass
class Asked:
    """How much sound somebody asked for, and how much makes a download."""

    asked_bytes: int = 0
    enough_bytes: int = 0


def asked_of(enclosure: Enclosure, start: int, end: int) -> Asked:
    """The sound in these bytes of an enclosure, and its minute; all of it where it is shorter.

    Tags and the picture in them stand before the sound and are none (IAB 2.1: a minute of audio).
    """
    sound_bytes = enclosure.duration_ms * enclosure.bit_rate_bps // 8000
    sound_bytes = min(sound_bytes or enclosure.size_bytes, enclosure.size_bytes)
    tags_bytes = enclosure.size_bytes - sound_bytes
    minute_bytes = enclosure.bit_rate_bps * 60 // 8 or sound_bytes
    return Asked(max(0, end - max(start, tags_bytes)), min(minute_bytes, sound_bytes))


def add(session: Session, lines: Sequence[Line]) -> None:
    """Count these lines. Whoever asks has claimed them: see `app.services.spooled`."""
    if lines:
        _add(session, _by_listener(session, lines))
    session.flush()


def _by_listener(session: Session, lines: Sequence[Line]) -> dict[Key, Asked]:
    asked_for = {line.episode_id for line in lines}
    known = set(session.scalars(sa.select(Episode.id).where(Episode.id.in_(asked_for))))
    found: dict[Key, Asked] = {}
    for line in lines:
        kind = line.kind
        if line.is_software:
            if kind is not Listening.download:
                continue
            kind = Listening.software
        if line.episode_id in known:
            one = found.setdefault((line.at.date(), line.episode_id, kind, line.listener), Asked())
            one.asked_bytes += line.asked_bytes
            one.enough_bytes = max(line.enough_bytes, 1)
    return found


def _add(session: Session, found: dict[Key, Asked]) -> None:
    rows = {
        (row.day, row.episode_id, row.kind, row.number): row
        for row in session.scalars(
            sa.select(DayListener).where(
                DayListener.day.in_({day for day, *_ in found}),
                DayListener.number.in_({number for *_, number in found}),
            )
        )
    }
    new: Counter[tuple[date, uuid.UUID, Listening]] = Counter()
    for key, asked in found.items():
        day, episode_id, kind, number = key
        row = rows.get(key)
        if row is None:
            row = DayListener(
                day=day, episode_id=episode_id, kind=kind, number=number, asked_bytes=0, is_counted=False
            )
            session.add(row)
        row.asked_bytes += asked.asked_bytes
        if not row.is_counted and row.asked_bytes >= asked.enough_bytes:
            row.is_counted = True
            new[day, episode_id, kind] += 1
    for (day, episode_id, kind), count in new.items():
        figure = session.get(DayCount, (day, episode_id, kind))
        if figure is None:
            session.add(DayCount(day=day, episode_id=episode_id, kind=kind, count=count))
        else:
            figure.count += count


def any_open(session: Session, before: date) -> bool:
    """Whether listeners of an earlier day are still told apart."""
    return session.scalar(sa.select(sa.exists().where(DayListener.day < before))) is True


def close_days(session: Session, before: date) -> None:
    """Forget who was who on the days before; the figures stay."""
    session.execute(sa.delete(DayListener).where(DayListener.day < before))
