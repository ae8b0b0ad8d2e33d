"""What the public sees of an episode: publish now, when it is ready, or at a time; take it back; the bin.

Withdrawing for good is not here: it cannot be undone, so a person does it in the studio.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Invalid
from app.models import Account, Episode, PublishWish, Scope
from app.services import drafts, episodes
from app.web.api import schemas, shown
from app.web.api.caller import account
from app.web.api.operations import CONFLICT, operation
from app.web.api.values import Choice, Moment, Said
from app.web.current import backends
from app.web.session import current_session

_TAG = "Publishing"


class Publish(Said):
    """When an episode is to be published."""

    when = Choice(
        PublishWish,
        by_value=True,
        required=True,
        metadata={
            "description": "now: it has sound, or as soon as it has; when_ready: with its transcript; "
            "none: take the wish back.",
            "example": "when_ready",
        },
    )


class Schedule(Said):
    """From when an episode is to be public."""

    at = Moment(
        required=True,
        metadata={
            "description": "In the future, within two years.",
            "example": "2030-03-27T09:00:00+00:00",
        },
    )


@operation(
    "POST",
    "/episodes/<uuid:episode_id>/publish",
    _TAG,
    scope=Scope.publish,
    body=Publish,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_publish(episode_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Publish an episode, or as soon as it is ready

    What stands in the way is answered 409 in words. A story needs a checked transcript and the consent
    of each storyteller, as in the studio.
    """

    def change(session: Session, episode: Episode, who: Account, now: datetime) -> None:
        episodes.ask_to_publish(session, episode, said["when"], who, now)

    return _changed(episode_id, change)


@operation(
    "POST",
    "/episodes/<uuid:episode_id>/schedule",
    _TAG,
    scope=Scope.publish,
    body=Schedule,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_schedule(episode_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Have an episode public from a moment on"""

    def change(session: Session, episode: Episode, who: Account, now: datetime) -> None:
        try:
            episodes.schedule(session, episode, said["at"], who, now)
        except Invalid as error:
            raise Invalid({"at": str(error)}) from error

    return _changed(episode_id, change)


@operation(
    "POST",
    "/episodes/<uuid:episode_id>/unpublish",
    _TAG,
    scope=Scope.publish,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_unpublish(episode_id: uuid.UUID) -> Mapping[str, object]:
    """Take an episode back for now; it can be published again at the same address"""
    return _changed(episode_id, episodes.unpublish)


@operation(
    "DELETE",
    "/episodes/<uuid:episode_id>",
    _TAG,
    scope=Scope.publish,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_bin(episode_id: uuid.UUID) -> Mapping[str, object]:
    """Move an episode to the bin, from which it can be taken for thirty days"""
    return _changed(episode_id, episodes.to_bin)


@operation(
    "POST",
    "/episodes/<uuid:episode_id>/restore",
    _TAG,
    scope=Scope.publish,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def episode_restore(episode_id: uuid.UUID) -> Mapping[str, object]:
    """Take an episode out of the bin, not published"""
    return _changed(episode_id, episodes.from_bin)


def _changed(
    episode_id: uuid.UUID, change: Callable[[Session, Episode, Account, datetime], None]
) -> Mapping[str, object]:
    session = current_session()
    found = drafts.to_make(session, episode_id, account())
    change(session, found, account(), backends().clock())
    answer = shown.of_episode(found)
    session.commit()
    return answer
