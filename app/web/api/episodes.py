"""Episodes: which there are, how each stands, what is said of them."""

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.models import Episode, EpisodeState, Recording, Scope, Show
from app.services import access, drafts, shows
from app.web.api import schemas, shown
from app.web.api.caller import account
from app.web.api.operations import CONFLICT, NOT_FOUND, operation
from app.web.api.pages import list_of, piece
from app.web.current import backends
from app.web.session import current_session

_TAG = "Episodes"


@operation(
    "GET",
    "/episodes",
    _TAG,
    scope=Scope.read,
    asked=schemas.EpisodesAsked,
    answer=list_of(schemas.Episode, "Episodes"),
    refusals=(NOT_FOUND,),
)
def episode_list(asked: Mapping[str, Any]) -> Mapping[str, object]:
    """The episodes of your communities, newest first"""
    chosen = (
        sa.select(Episode)
        .join(Show)
        .where(
            Show.community_id.in_(access.communities_of(current_session(), account())),
            Show.deleted_at.is_(None),
            _in_state(asked.get("state")),
        )
    )
    if "show" in asked:
        chosen = chosen.where(
            Episode.show_id == shows.to_make(current_session(), asked["show"], account()).id
        )
    if "sha256" in asked:
        with_these_bytes = sa.select(Recording.episode_id).where(Recording.sha256 == asked["sha256"])
        chosen = chosen.where(Episode.id.in_(with_these_bytes))
    rows, following = piece(chosen, Episode.created_at, Episode.id, asked)
    return {"items": list(map(shown.of_episode, rows)), "next": following}


@operation("GET", "/episodes/<uuid:episode_id>", _TAG, scope=Scope.read, answer=schemas.Episode)
def episode(episode_id: uuid.UUID) -> Mapping[str, object]:
    """One episode: what is said of it, and how far its recording is"""
    return shown.of_episode(episode_to_make(episode_id))


@operation(
    "PATCH",
    "/episodes/<uuid:episode_id>",
    _TAG,
    scope=Scope.edit,
    body=schemas.EpisodeChange,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_edit(episode_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Change what is said of an episode

    What is left out stays as it is. Somebody else's change since you read it is answered 409.
    """
    found, session = episode_to_make(episode_id), current_session()
    change = {name: value for name, value in said.items() if name != "version"}
    drafts.edit_seen(session, found, said["version"], change, backends().clock())
    answer = shown.of_episode(found)
    session.commit()
    return answer


def episode_to_make(episode_id: uuid.UUID) -> Episode:
    """An episode that this account may edit, also one in the bin. Raises NotFound, NotAllowed."""
    return drafts.to_make(current_session(), episode_id, account())


def _in_state(state: str | None) -> sa.ColumnElement[bool]:
    if state == "bin":
        return Episode.deleted_at.is_not(None)
    there = Episode.deleted_at.is_(None)
    return there if state is None else sa.and_(there, Episode.state == EpisodeState(state))
