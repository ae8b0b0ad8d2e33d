"""Draft links: an unpublished episode shown to whoever has an address, until the address is taken back.

The token is 256 random bits, shown once; only its hash is kept (threats, T16).
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.models import Account, DraftLink, Episode, EpisodeState

#: Each is for somebody; more than this is a list of readers, for which there is publishing.
MOST_LINKS = 20
NOT_VALID = "This link does not show anything any more. Ask whoever sent it to you for a new one."


def make(session: Session, episode: Episode, account: Account, now: datetime) -> tuple[DraftLink, str]:
    """A new link and its token, which is not kept. Raises Conflict."""
    if episode.deleted_at is not None:
        raise Conflict("The episode is in the bin. Take it out first.")
    if len(of_episode(session, episode)) >= MOST_LINKS:
        raise Conflict(f"There are {MOST_LINKS} draft links already. Take some of them back first.")
    token = secrets.token_urlsafe(32)
    link = DraftLink(episode=episode, token_sha256=_hashed(token), created_by=account.id, created_at=now)
    session.add(link)
    session.flush()
    return link, token


def of_episode(session: Session, episode: Episode) -> Sequence[DraftLink]:
    """The links that show this episode, newest first."""
    return session.scalars(
        sa.select(DraftLink)
        .where(DraftLink.episode_id == episode.id)
        .order_by(DraftLink.created_at.desc(), DraftLink.id)
    ).all()


def take_back(session: Session, episode: Episode, link_id: uuid.UUID) -> None:
    """The link shows nothing from now on. Raises NotFound."""
    link = session.get(DraftLink, link_id)
    if link is None or link.episode_id != episode.id:
        raise NotFound("This link is no longer there.")
    session.delete(link)
    session.flush()


def shown_by(session: Session, token: str) -> Episode:
    """The episode that a token shows: not in the bin, and not withdrawn. Raises NotFound."""
    episode = session.scalar(
        sa.select(Episode).join(DraftLink).where(DraftLink.token_sha256 == _hashed(token))
    )
    if episode is None or episode.deleted_at is not None or episode.show.deleted_at is not None:
        raise NotFound(NOT_VALID)
    if episode.state is EpisodeState.withdrawn:
        raise NotFound(NOT_VALID)
    return episode


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
