"""Search over every published sentence, title and note, for people and for programs.

What the public may see is decided by app.services.published; the query language is app.search's.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, jsonify, render_template, request
from sqlalchemy.orm import Session, joinedload

from app.backends import Backends
from app.models import Community, Episode, Show
from app.search.hits import Hit, Results
from app.search.index import search as search_index
from app.search.query import Query, canonical_text, parse
from app.services import pages, transcripts
from app.services.fields import line
from app.services.published import public_episode_ids, public_episodes, was_public
from app.web.session import current_session
from app.web.site import episode_address

bp = Blueprint("search", __name__)

_Place = TypeVar("_Place", Community, Show)

NOWHERE = Results(0, more_than=False, hits=(), page=1, pages=1)
NO_COMMUNITY = "There is no such community here, or not any more."
NO_SHOW = "There is no such show here, or not any more."


@dataclass(frozen=True)
class Places:
    """Where to search: a place is None for all of its kind. `missing` tells of one that is not there."""

    community: Community | None
    show: Show | None
    missing: str


@dataclass(frozen=True)
class Found:
    """A hit with the page that it leads to."""

    hit: Hit
    episode: Episode
    url: str


@bp.get("/search")
def search() -> str | Response | tuple[str | Response, int]:
    """The hits of `q` as a page, or as JSON where `format=json` asks for it."""
    session = current_session()
    if not transcripts.is_searchable(session):
        return _not_here()
    query = parse(request.args.get("q", ""))
    places = _places(session)
    results = NOWHERE if places.missing else _results(session, query, places)
    found = _with_pages(session, results)
    if request.args.get("format") == "json":
        return _as_json(results, found)
    return render_template(
        "site/search.html",
        typed=" ".join(request.args.get("q", "").split())[:1000],
        query=query,
        shared=_shared(query, places),
        results=results,
        found=found,
        community=places.community,
        show=places.show,
        missing=places.missing,
        communities=pages.communities(session),
        shows=pages.shows(session),
    )


def _not_here() -> tuple[str | Response, int]:
    """What is said where the database that the operator chose cannot search."""
    said = "Search is not available on the database of this service."
    if request.args.get("format") == "json":
        return jsonify(error=said), HTTPStatus.SERVICE_UNAVAILABLE
    return render_template("site/no_search.html", said=said), HTTPStatus.SERVICE_UNAVAILABLE


def _places(session: Session) -> Places:
    """The places that the address names: nobody is given the hits of others in their stead."""
    slugs = (line(request.args.get("community")), line(request.args.get("show")))
    community = _chosen(session, Community, slugs[0])
    show = _chosen(session, Show, slugs[1], was_public(), Show.deleted_at.is_(None))
    if slugs[1] and show is None:
        return Places(community, None, NO_SHOW)
    return Places(community, show, NO_COMMUNITY if slugs[0] and community is None else "")


def _chosen(session: Session, kind: type[_Place], slug: str, *rules: sa.ColumnElement[bool]) -> _Place | None:
    return session.scalar(sa.select(kind).where(kind.slug == slug, *rules)) if slug else None


def _results(session: Session, query: Query, places: Places) -> Results:
    return search_index(
        session,
        query,
        visible=public_episode_ids(),
        community_id=places.community.id if places.community else None,
        show_id=places.show.id if places.show else None,
        page=request.args.get("page", 1, type=int),
    )


def _with_pages(session: Session, results: Results) -> list[Found]:
    """The hits with their pages, but those of episodes that have gone since they were found."""
    wanted = {hit.episode_id for hit in results.hits}
    query = public_episodes().where(Episode.id.in_(wanted)).options(joinedload(Episode.show))
    episodes = {episode.id: episode for episode in session.scalars(query)}
    hits = [(hit, episodes[hit.episode_id]) for hit in results.hits if hit.episode_id in episodes]
    return [Found(hit, episode, _moment(episode, hit)) for hit, episode in hits]


def _moment(episode: Episode, hit: Hit) -> str:
    """The page at the second in which the words begin."""
    return f"{episode_address(episode)}#t={(hit.start_ms or 0) // 1000}"


def _shared(query: Query, places: Places) -> dict[str, str]:
    """The address parts that lead to these results again."""
    shared = {"q": canonical_text(query)}
    if places.community:
        shared["community"] = places.community.slug
    if places.show:
        shared["show"] = places.show.slug
    return shared


def _as_json(results: Results, found: list[Found]) -> Response:
    hits = [
        {
            "episode": str(one.episode.guid),
            "start_ms": one.hit.start_ms or 0,
            "text": one.hit.text,
            "url": one.url,
        }
        for one in found
    ]
    return jsonify({"count": results.count, "hits": hits})


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
