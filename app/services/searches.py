"""Searches that found nothing: counted by day, shown to those who can do something about it, forgotten."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.counting.searches import Search
from app.models import Community, UnansweredSearch

KEPT = timedelta(days=90)
#: Different words of one day; whoever types rubbish by the thousand fills no table.
MOST_OF_DAY = 500
#: On the page, most wanted first.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Missed:
    """Words that found nothing: how often in ninety days, and when last."""

    words: str
    count: int
    last: date
    #: None where everything was searched.
    community: Community | None


def add(session: Session, searches: Sequence[Search]) -> None:
    """Count these searches. Whoever asks has claimed them: see `app.services.spooled`."""
    known = set(session.scalars(sa.select(Community.id)))
    said = Counter(one for one in searches if one.community_id is None or one.community_id in known)
    for day in {one.day for one in said}:
        _add(session, day, {one: times for one, times in said.items() if one.day == day})
    session.flush()


def _add(session: Session, day: date, said: dict[Search, int]) -> None:
    rows = {
        (row.community_id, row.words): row
        for row in session.scalars(sa.select(UnansweredSearch).where(UnansweredSearch.day == day))
    }
    for one, times in said.items():
        row = rows.get((one.community_id, one.words))
        if row is not None:
            row.count += times
        elif len(rows) < MOST_OF_DAY:
            row = UnansweredSearch(day=day, community_id=one.community_id, words=one.words, count=times)
            rows[one.community_id, one.words] = row
            session.add(row)


def any_old(session: Session, today: date) -> bool:
    """Whether anything has been kept long enough."""
    return session.scalar(sa.select(sa.exists().where(UnansweredSearch.day <= today - KEPT))) is True


def forget_old(session: Session, today: date) -> None:
    """What has been kept for ninety days goes."""
    session.execute(sa.delete(UnansweredSearch).where(UnansweredSearch.day <= today - KEPT))


def missed(session: Session, communities: sa.Select[uuid.UUID] | None, today: date) -> list[Missed]:
    """What was searched for everywhere, and in these communities (None: in any), most wanted first."""
    times, last = sa.func.sum(UnansweredSearch.count), sa.func.max(UnansweredSearch.day)
    chosen = (
        sa.select(UnansweredSearch.words, times, last, UnansweredSearch.community_id)
        .where(UnansweredSearch.day > today - KEPT)
        .group_by(UnansweredSearch.words, UnansweredSearch.community_id)
        .order_by(times.desc(), last.desc(), UnansweredSearch.words)
        .limit(MOST_SHOWN)
    )
    if communities is not None:
        chosen = chosen.where(
            sa.or_(UnansweredSearch.community_id.is_(None), UnansweredSearch.community_id.in_(communities))
        )
    rows = session.execute(chosen).all()
    named = {one.id: one for one in session.scalars(sa.select(Community))}
    return [Missed(words, count, day, named[place] if place else None) for words, count, day, place in rows]
