"""For whom a token acts, and where: oneself, one's communities and shows."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.models import Community, Scope, Show
from app.services import access, shows
from app.web.api import schemas, shown
from app.web.api.caller import account, caller
from app.web.api.operations import operation
from app.web.api.pages import Piece, list_of, piece
from app.web.session import current_session

_TAG = "You"


@operation("GET", "/me", _TAG, scope=None, answer=schemas.Me)
def me() -> Mapping[str, object]:
    """For whom this token acts, what it may, and until when"""
    who = caller()
    return {
        "account_id": who.account.id,
        "name": who.account.name,
        "token": who.token.name,
        "scopes": [scope for scope in Scope if scope in who.scopes],
        "expires_at": who.token.expires_at,
    }


@operation(
    "GET",
    "/communities",
    _TAG,
    scope=Scope.read,
    asked=Piece,
    answer=list_of(schemas.Community, "Communities"),
)
def communities(asked: Mapping[str, Any]) -> Mapping[str, object]:
    """The communities in which the account makes things"""
    theirs = Community.id.in_(access.communities_of(current_session(), account()))
    rows, following = piece(sa.select(Community).where(theirs), Community.created_at, Community.id, asked)
    return {"items": list(map(shown.of_community, rows)), "next": following}


@operation("GET", "/shows", _TAG, scope=Scope.read, asked=Piece, answer=list_of(schemas.Show, "Shows"))
def show_list(asked: Mapping[str, Any]) -> Mapping[str, object]:
    """The shows for which the account makes episodes"""
    theirs = Show.community_id.in_(access.communities_of(current_session(), account()))
    chosen = sa.select(Show).where(theirs, Show.deleted_at.is_(None))
    rows, following = piece(chosen, Show.created_at, Show.id, asked)
    return {"items": list(map(shown.of_show, rows)), "next": following}


@operation("GET", "/shows/<slug>", _TAG, scope=Scope.read, answer=schemas.Show)
def show(slug: str) -> Mapping[str, object]:
    """One show"""
    return shown.of_show(shows.to_make(current_session(), slug, account()))
