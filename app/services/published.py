"""What the public may see: the one predicate that pages, feeds, media, search and sitemap share."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.db import now_of_database, utc_now
from app.errors import Gone, NotFound
from app.models import Community, Episode, EpisodeState, SegmentRow, Show, TranscriptRow

NOTHING_HERE = "There is nothing at this address."
WITHDRAWN = "This has been withdrawn and is no longer available."


def public_episode_ids() -> sa.Select[uuid.UUID]:
    """Ids of all episodes that the public may see now, as a subquery."""
    return sa.select(Episode.id).join(Show, Episode.show_id == Show.id).where(*_is_public())


def _is_public() -> tuple[sa.ColumnElement[bool], ...]:
    """What makes an episode public, beside its Show."""
    return (
        Episode.state == EpisodeState.published,
        is_due(),
        Episode.deleted_at.is_(None),
        Show.deleted_at.is_(None),
    )


def is_due() -> sa.ColumnElement[bool]:
    """Whether the moment from which an episode may be seen has come: asked anew by every query.

    No process has to run at that moment, and none can miss it.
    """
    return sa.or_(Episode.public_from.is_(None), Episode.public_from <= utc_now())


def public_episodes() -> sa.Select[Episode]:
    """All episodes that the public may see now, newest first."""
    return (
        sa.select(Episode)
        .where(Episode.id.in_(public_episode_ids()))
        .order_by(Episode.published_at.desc(), Episode.id)
    )


def public_shows() -> sa.Select[Show]:
    """All shows that have at least one public episode, by title."""
    with_episodes = sa.select(Episode.show_id).where(Episode.id.in_(public_episode_ids()))
    return sa.select(Show).where(Show.id.in_(with_episodes)).order_by(Show.title, Show.id)


def has_words() -> sa.ColumnElement[bool]:
    """Whether a word stands in the transcript that the query asks about: some recordings have none."""
    return sa.exists().where(
        SegmentRow.transcript_id == TranscriptRow.id, sa.func.trim(SegmentRow.text) != ""
    )


def public_episode(session: Session, show_slug: str, slug: str) -> Episode:
    """One public episode by its address.

    Raises Gone where it was withdrawn after publishing, NotFound for everything else.
    """
    episode = session.scalar(
        sa.select(Episode).join(Show).where(Show.slug == show_slug, Episode.slug == slug)
    )
    return _visible(session, episode)


def public_episode_by_guid(session: Session, guid: uuid.UUID) -> Episode:
    """One public episode by its GUID: media, transcripts, chapters. Raises as above."""
    return _visible(session, session.scalar(sa.select(Episode).where(Episode.guid == guid)))


def _visible(session: Session, episode: Episode | None) -> Episode:
    if episode is None:
        raise NotFound(NOTHING_HERE)
    if episode.state is EpisodeState.withdrawn:
        raise Gone(WITHDRAWN)  # in the bin too: what was public and is withdrawn stays gone
    if episode.deleted_at is not None or episode.show.deleted_at is not None:
        raise NotFound(NOTHING_HERE)
    if episode.state is not EpisodeState.published:
        raise NotFound(NOTHING_HERE)
    if episode.public_from is not None and episode.public_from > now_of_database(session):
        raise NotFound(NOTHING_HERE)
    return episode


def public_show(session: Session, slug: str) -> Show:
    """A show that has ever published something; its feed outlives its episodes. Raises NotFound."""
    show = session.scalar(sa.select(Show).where(Show.slug == slug, Show.deleted_at.is_(None), was_public()))
    if show is None:
        raise NotFound(NOTHING_HERE)
    return show


@dataclass(frozen=True)
class FeedRevision:
    """Which feed, and how often and when it has changed: as long as this is the same, its bytes are."""

    show_id: uuid.UUID
    revision: int
    changed_at: datetime


def public_feed(database: Session | Connection, slug: str) -> FeedRevision:
    """The feed of a show as public_show, in one question and without its rows. Raises NotFound.

    A feed changes by somebody's hand, or since the time of an episode has come.
    """
    found = database.execute(_feed(), {"slug": slug}).first()
    if found is None:
        raise NotFound(NOTHING_HERE)
    show_id, revision, changed_at, due_at = found
    return FeedRevision(show_id, revision, max(changed_at, due_at) if due_at else changed_at)


@cache
def _feed() -> sa.Select[uuid.UUID, int, datetime, datetime | None]:
    """Made once: podcast apps ask for feeds all day, and most of them only whether there is anything new."""
    due_at = (
        sa.select(sa.func.max(Episode.public_from))
        .where(Episode.show_id == Show.id, *_is_public())
        .scalar_subquery()
    )
    return sa.select(Show.id, Show.revision, Show.changed_at, due_at).where(
        Show.slug == sa.bindparam("slug"), Show.deleted_at.is_(None), was_public()
    )


def was_public() -> sa.ColumnElement[bool]:
    """Whether a show has ever published an episode."""
    return sa.exists().where(Episode.show_id == Show.id, Episode.published_at <= utc_now())


def was_show_public(session: Session, show: Show) -> bool:
    """Whether the public has ever seen this show, and it is not in the bin."""
    return (
        session.scalar(sa.select(Show.id).where(Show.id == show.id, Show.deleted_at.is_(None), was_public()))
        is not None
    )


def public_community(session: Session, slug: str) -> Community:
    """A community by its address. Raises NotFound."""
    community = session.scalar(sa.select(Community).where(Community.slug == slug))
    if community is None:
        raise NotFound(NOTHING_HERE)
    return community
