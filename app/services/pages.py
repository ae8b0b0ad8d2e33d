"""What public pages read, each in a few queries: lists, neighbours, a transcript as paragraphs.

Whether an episode may be seen is asked of app.services.published and nowhere else. Changes nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.models import (
    Community,
    Credit,
    CreditRole,
    Episode,
    Person,
    Recording,
    RecordingState,
    Season,
    SegmentRow,
    Show,
    ShowOrder,
    TranscriptRow,
)
from app.services.published import public_episode_ids, public_episodes, public_shows
from transcription.inert import inert
from transcription.paragraphs import Paragraph, paragraphs
from transcription.transcript import Segment

NEWEST = 6
PER_PAGE = 40
#: So many names a list to choose from may have.
MOST_PEOPLE = 500

_WITH_LINE = (joinedload(Episode.show), joinedload(Episode.enclosure), joinedload(Episode.transcript))


@dataclass(frozen=True)
class Listing:
    """One page of a show's episodes, grouped by season; `season` is None for episodes of none."""

    seasons: tuple[tuple[Season | None, tuple[Episode, ...]], ...]
    count: int
    page: int
    pages: int


@dataclass(frozen=True)
class Turn:
    """Consecutive paragraphs of one speaker; the name is "" where it is not known."""

    speaker: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Reading:
    """A transcript as the page shows it, and how it was made."""

    transcript: TranscriptRow
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Neighbours:
    """The episodes of the same show published before and after."""

    previous: Episode | None
    following: Episode | None


@dataclass(frozen=True)
class Place:
    """A public show (`show` is None) or episode, for the sitemap."""

    show: str | None
    slug: str
    changed_at: datetime


def newest(session: Session, limit: int, community: Community | None = None) -> Sequence[Episode]:
    """The newest public episodes, of a community if given."""
    query = public_episodes().options(*_WITH_LINE).limit(limit)
    if community is not None:
        shows = sa.select(Show.id).where(Show.community_id == community.id)
        query = query.where(Episode.show_id.in_(shows))
    return session.scalars(query).all()


def communities(session: Session) -> Sequence[Community]:
    """All communities by name."""
    return session.scalars(sa.select(Community).order_by(Community.name, Community.id)).all()


def community_slugs(session: Session) -> Sequence[str]:
    """The last parts of all communities' addresses."""
    return session.scalars(sa.select(Community.slug).order_by(Community.slug)).all()


def shows(session: Session, community: Community | None = None) -> Sequence[Show]:
    """Shows with at least one public episode, of a community if given."""
    query = public_shows().options(joinedload(Show.community))
    if community is not None:
        query = query.where(Show.community_id == community.id)
    return session.scalars(query).all()


def people(session: Session, community: Community) -> Sequence[Person]:
    """Who is credited in the community's public episodes, by name."""
    credited = sa.select(Credit.person_id).where(Credit.episode_id.in_(public_episode_ids()))
    query = sa.select(Person).where(Person.community_id == community.id, Person.id.in_(credited))
    return session.scalars(query.order_by(Person.public_name, Person.id)).all()


def everybody_heard(session: Session) -> Sequence[Person]:
    """Who is credited in any public episode, by name."""
    credited = sa.select(Credit.person_id).where(Credit.episode_id.in_(public_episode_ids()))
    query = sa.select(Person).where(Person.id.in_(credited))
    return session.scalars(query.order_by(Person.public_name, Person.id).limit(MOST_PEOPLE)).all()


def searched(
    person: Person | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    episode: Episode | None = None,
) -> sa.Select[uuid.UUID]:
    """The public episodes in which is searched: with this person, published from and before a moment."""
    chosen = sa.select(Episode.id).where(Episode.id.in_(public_episode_ids()))
    if person is not None:
        chosen = chosen.where(
            Episode.id.in_(sa.select(Credit.episode_id).where(Credit.person_id == person.id))
        )
    if since is not None:
        chosen = chosen.where(Episode.published_at >= since)
    if until is not None:
        chosen = chosen.where(Episode.published_at < until)
    return chosen if episode is None else chosen.where(Episode.id == episode.id)


def hosts(session: Session, show: Show) -> Sequence[Person]:
    """Who hosts the show's public episodes, by name."""
    of_show = sa.select(Episode.id).where(Episode.show_id == show.id, Episode.id.in_(public_episode_ids()))
    hosting = sa.select(Credit.person_id).where(
        Credit.episode_id.in_(of_show), Credit.role.in_((CreditRole.host, CreditRole.cohost))
    )
    query = sa.select(Person).where(Person.id.in_(hosting)).order_by(Person.public_name, Person.id)
    return session.scalars(query).all()


def episodes(session: Session, show: Show, page: int) -> Listing:
    """A page of the show's public episodes: serial ones in order, others newest first."""
    chosen = sa.select(Episode).where(Episode.show_id == show.id, Episode.id.in_(public_episode_ids()))
    count = session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    pages = max(1, -(-count // PER_PAGE))
    page = min(max(page, 1), pages)
    chosen = chosen.outerjoin(Season, Episode.season_id == Season.id).order_by(*_order(show))
    chosen = chosen.options(*_WITH_LINE, joinedload(Episode.season))
    found = session.scalars(chosen.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    seasons = tuple(
        (season, tuple(group)) for season, group in groupby(found, lambda episode: episode.season)
    )
    return Listing(seasons, count, page, pages)


def neighbours(session: Session, episode: Episode) -> Neighbours:
    """What was published just before and just after in the same show."""
    same_show = (
        sa.select(Episode)
        .where(Episode.show_id == episode.show_id, Episode.id.in_(public_episode_ids()))
        .options(*_WITH_LINE)
        .limit(1)
    )
    place = sa.tuple_(Episode.published_at, Episode.id)
    here = sa.tuple_(
        sa.literal(episode.published_at, Episode.published_at.type), sa.literal(episode.id, sa.Uuid())
    )
    before = same_show.where(place < here).order_by(Episode.published_at.desc(), Episode.id.desc())
    after = same_show.where(place > here).order_by(Episode.published_at, Episode.id)
    return Neighbours(session.scalar(before), session.scalar(after))


def reading(session: Session, episode: Episode) -> Reading | None:
    """The transcript in paragraphs, words without their times (an hour has ten thousand); None if none."""
    transcript = episode.transcript
    if transcript is None:
        return None
    rows = session.execute(
        sa.select(SegmentRow.start_ms, SegmentRow.end_ms, SegmentRow.text, SegmentRow.speaker)
        .where(SegmentRow.transcript_id == transcript.id)
        .order_by(SegmentRow.number)
    )
    said = ((start_ms, end_ms, inert(text), inert(speaker or "")) for start_ms, end_ms, text, speaker in rows)
    grouped = paragraphs(
        Segment(start_ms, end_ms, text, speaker=speaker or None)
        for start_ms, end_ms, text, speaker in said
        if text
    )
    turns = tuple(
        Turn(speaker or "", tuple(group))
        for speaker, group in groupby(grouped, lambda group: group[0].speaker)
    )
    return Reading(transcript, turns)


def transcripts_to_come(session: Session, episodes: Iterable[Episode]) -> frozenset[uuid.UUID]:
    """Ids of those episodes without a transcript whose recording is on its way, and will count."""
    without = [episode.id for episode in episodes if episode.transcript_id is None]
    if not without:
        return frozenset()
    later = aliased(Recording)
    replaced = sa.exists().where(  # the rule of recordings.is_replaced
        later.episode_id == Recording.episode_id,
        later.created_at > Recording.created_at,
        later.state.in_((RecordingState.working, RecordingState.ready)),
    )
    query = sa.select(Recording.episode_id).where(
        Recording.episode_id.in_(without), Recording.state == RecordingState.working, ~replaced
    )
    return frozenset(session.scalars(query))


def public_places(session: Session) -> list[Place]:
    """All public shows and episodes with when they last changed, for the sitemap."""
    places = [Place(None, show.slug, show.changed_at) for show in session.scalars(public_shows())]
    rows = session.execute(  # by itself: something may have been published since the shows were read
        sa.select(Show.slug, Episode.slug, Episode.changed_at)
        .join(Show, Episode.show_id == Show.id)
        .where(Episode.id.in_(public_episode_ids()))
        .order_by(Episode.published_at.desc(), Episode.id)
    )
    places += [Place(show_slug, slug, changed_at) for show_slug, slug, changed_at in rows]
    return places


def _order(show: Show) -> tuple[sa.ColumnExpressionArgument[Any], ...]:
    """Seasons stay together; episodes without one come last."""
    without = sa.case((Season.number.is_(None), 1), else_=0)
    if show.order is ShowOrder.serial:
        number = sa.func.coalesce(Episode.number, 1_000_000)
        return (without, Season.number, number, Episode.published_at, Episode.id)
    return (without, Season.number.desc(), Episode.published_at.desc(), Episode.id)
