"""Where to search, as an address says it: community, show, episode, person, days.

A place that is not there is never silently everywhere: nobody is given the hits of others in its stead.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypedDict, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Community, Episode, Person, Show
from app.services import pages
from app.services.fields import line
from app.services.published import public_episodes, was_public

_Place = TypeVar("_Place", Community, Show)
_NAMES = ("community", "show", "episode", "person", "since", "until")


class Ids(TypedDict):
    """What the index narrows by itself."""

    community_id: uuid.UUID | None
    show_id: uuid.UUID | None


@dataclass(frozen=True)
class Places:
    """Each is None for all of its kind. `missing` tells, in words, of one that is not there."""

    zone: ZoneInfo
    community: Community | None = None
    show: Show | None = None
    episode: Episode | None = None
    person: Person | None = None
    since: date | None = None
    until: date | None = None
    missing: str = ""

    def visible(self) -> sa.Select[uuid.UUID]:
        """The episodes in which is searched; both days are meant whole, in the service's zone."""
        since = _midnight(self.since, self.zone) if self.since else None
        until = _midnight(self.until + timedelta(days=1), self.zone) if self.until else None
        return pages.searched(self.person, since, until, self.episode)

    def ids(self) -> Ids:
        """Community and show, as the index asks for them."""
        return {
            "community_id": self.community.id if self.community else None,
            "show_id": self.show.id if self.show else None,
        }

    def shared(self) -> dict[str, str]:
        """The parts of an address that lead here again."""
        said = {
            "community": self.community.slug if self.community else "",
            "show": self.show.slug if self.show else "",
            "episode": str(self.episode.guid) if self.episode else "",
            "person": str(self.person.id) if self.person else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in said.items() if value}

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.shared())


def read_places(session: Session, asked: Mapping[str, str], zone: ZoneInfo) -> Places:
    """The places that an address names."""
    said = {name: line(asked.get(name)) for name in _NAMES}
    missing = []
    community = _by_slug(session, Community, said["community"])
    if said["community"] and community is None:
        missing.append("There is no such community here, or not any more.")
    show = _by_slug(session, Show, said["show"], was_public(), Show.deleted_at.is_(None))
    if said["show"] and show is None:
        missing.append("There is no such show here, or not any more.")
    episode = _episode(session, said["episode"])
    if said["episode"] and episode is None:
        missing.append("There is no such episode here, or not any more.")
    person = _person(session, said["person"])
    if said["person"] and person is None:
        missing.append("There is no such person here, or not any more.")
    since, until = _day(said["since"]), _day(said["until"])
    if (said["since"] and since is None) or (said["until"] and until is None):
        missing.append("Enter days such as 27/3/2026.")
    elif since and until and since > until:
        missing.append("The first day is after the last. Swap them, or leave one empty.")
    return Places(zone, community, show, episode, person, since, until, missing[0] if missing else "")


def _by_slug(
    session: Session, kind: type[_Place], slug: str, *rules: sa.ColumnElement[bool]
) -> _Place | None:
    return session.scalar(sa.select(kind).where(kind.slug == slug, *rules)) if slug else None


def _episode(session: Session, text: str) -> Episode | None:
    guid = _uuid(text)
    return session.scalar(public_episodes().where(Episode.guid == guid)) if guid else None


def _person(session: Session, text: str) -> Person | None:
    """Somebody who is heard in public; others are not known here."""
    identity = _uuid(text)
    if identity is None:
        return None
    return next((person for person in pages.everybody_heard(session) if person.id == identity), None)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """2026-03-27, as a date field sends it, or 27/3/2026, as people type it."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            day = datetime.strptime(text, form).date()
        except ValueError:
            continue
        return day if 1900 <= day.year <= 9000 else None
    return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)
