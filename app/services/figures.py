"""How many listeners episodes had, as the studio shows it. Changes nothing, and knows nobody."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import DayCount, Episode, Listening

#: How many days the pages show, today's included.
DAYS = 28

_HEARD = (Listening.download, Listening.play, Listening.read)


@dataclass(frozen=True)
class Tally:
    """How often something was done."""

    downloads: int = 0
    plays: int = 0
    reads: int = 0

    @property
    def any(self) -> bool:
        """Whether there was anybody."""
        return bool(self.downloads or self.plays or self.reads)


@dataclass(frozen=True)
class Day:
    """One UTC day."""

    day: date
    tally: Tally


@dataclass(frozen=True)
class Figures:
    """The last DAYS days, oldest first, and whether there was ever anybody. `software` was left out."""

    days: tuple[Day, ...]
    total: Tally
    software: int
    ever: bool


def of_episode(session: Session, episode: Episode, today: date) -> Figures:
    """An episode's figures, whatever has become of it."""
    return _figures(session, DayCount.episode_id == episode.id, today)


def of_show(session: Session, show_id: uuid.UUID, today: date) -> Figures:
    """The figures of all its episodes together."""
    return _figures(session, DayCount.episode_id.in_(_episodes_of(show_id)), today)


def by_show(session: Session, show_ids: Sequence[uuid.UUID], today: date) -> dict[uuid.UUID, Tally]:
    """What the last DAYS days brought to each of these shows; shows without listeners are left out."""
    rows = session.execute(
        sa.select(Episode.show_id, DayCount.kind, sa.func.sum(DayCount.count))
        .join(Episode, Episode.id == DayCount.episode_id)
        .where(Episode.show_id.in_(show_ids), DayCount.kind.in_(_HEARD), DayCount.day > today - _SPAN)
        .group_by(Episode.show_id, DayCount.kind)
    )
    found: dict[uuid.UUID, Tally] = {}
    for show_id, kind, count in rows:
        found[show_id] = _with(found.get(show_id, Tally()), kind, int(count))
    return found


def history_of_episode(session: Session, episode: Episode) -> list[Day]:
    """Every day on which it had listeners, oldest first."""
    rows = session.execute(
        sa.select(DayCount.day, DayCount.kind, DayCount.count).where(
            DayCount.episode_id == episode.id, DayCount.kind.in_(_HEARD)
        )
    )
    tallies = _by_day((day, kind, count) for day, kind, count in rows)
    return [Day(day, tallies[day]) for day in sorted(tallies)]


def history_of_show(session: Session, show_id: uuid.UUID) -> list[tuple[str, Day]]:
    """Every day and episode with listeners: (title, day), oldest first."""
    rows = session.execute(
        sa.select(Episode.id, Episode.title, DayCount.day, DayCount.kind, DayCount.count)
        .join(Episode, Episode.id == DayCount.episode_id)
        .where(Episode.show_id == show_id, DayCount.kind.in_(_HEARD))
    )
    found: dict[tuple[date, str, uuid.UUID], Tally] = {}
    for episode_id, title, day, kind, count in rows:
        key = (day, title, episode_id)
        found[key] = _with(found.get(key, Tally()), kind, count)
    return [(title, Day(day, found[day, title, identity])) for day, title, identity in sorted(found)]


_SPAN = timedelta(days=DAYS)


def _episodes_of(show_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    return sa.select(Episode.id).where(Episode.show_id == show_id)


def _figures(session: Session, whose: sa.ColumnElement[bool], today: date) -> Figures:
    rows = session.execute(
        sa.select(DayCount.day, DayCount.kind, sa.func.sum(DayCount.count))
        .where(whose, DayCount.day > today - _SPAN, DayCount.day <= today)
        .group_by(DayCount.day, DayCount.kind)
    ).all()
    tallies = _by_day((day, kind, int(count)) for day, kind, count in rows)
    days = tuple(today - timedelta(days=ago) for ago in reversed(range(DAYS)))
    total = Tally()
    for _, kind, count in rows:
        total = _with(total, kind, int(count))
    return Figures(
        days=tuple(Day(day, tallies.get(day, Tally())) for day in days),
        total=total,
        software=sum(int(count) for _, kind, count in rows if kind is Listening.software),
        ever=total.any
        or session.scalar(sa.select(sa.exists().where(whose, DayCount.kind.in_(_HEARD)))) is True,
    )


def _by_day(rows: Iterable[tuple[date, Listening, int]]) -> dict[date, Tally]:
    found: dict[date, Tally] = {}
    for day, kind, count in rows:
        found[day] = _with(found.get(day, Tally()), kind, count)
    return found


def _with(tally: Tally, kind: Listening, count: int) -> Tally:
    if kind is Listening.download:
        return replace(tally, downloads=tally.downloads + count)
    if kind is Listening.play:
        return replace(tally, plays=tally.plays + count)
    if kind is Listening.read:
        return replace(tally, reads=tally.reads + count)
    return tally
