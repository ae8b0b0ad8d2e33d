"""Search over every published sentence, title and note, for people and for programs.

What the public may see is decided by app.services.published; the query language is app.search's.
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Flask, Response, jsonify, render_template, request
from sqlalchemy.orm import Session, joinedload

from app.backends import Backends
from app.models import Episode
from app.search.hits import Hit, Results
from app.search.index import search as search_index
from app.search.index import suggest
from app.search.query import Query, canonical_text, parse
from app.search.unanswered import kept_words
from app.services import pages, transcripts
from app.services.published import public_episodes
from app.web.current import settings
from app.web.listening import note_unanswered
from app.web.search_places import Places, read_places
from app.web.session import current_session
from app.web.site import episode_address

bp = Blueprint("search", __name__)

NOWHERE = Results(0, more_than=False, hits=(), page=1, pages=1)


@dataclass(frozen=True)
class Found:
    """A hit with the page that it leads to."""

    hit: Hit
    episode: Episode
    url: str
    #: The first of several on this page: a link leads to all places in its episode.
    has_more: bool


@bp.get("/search")
def search() -> str | Response | tuple[str | Response, int]:
    """The hits of `q` as a page, or as JSON where `format=json` asks for it.

    A page that would be empty shows what was perhaps meant, and says so; JSON only names it.
    """
    session = current_session()
    if not transcripts.is_searchable(session):
        return _not_here()
    query = parse(request.args.get("q", ""))
    places = read_places(session, request.args, settings().zone)
    results = NOWHERE if places.missing else _results(session, query, places)
    meant = None
    if query.wanted and not results.count and not places.missing:
        meant = suggest(session, query, visible=places.visible(), **places.ids())
    if request.args.get("format") == "json":
        return _as_json(results, _with_pages(session, results), meant)
    shown = _results(session, meant, places) if meant else results
    if not shown.count:
        _note_unanswered(query, places)
    return render_template(
        "site/search.html",
        typed=" ".join(request.args.get("q", "").split())[:1000],
        query=query,
        meant=canonical_text(meant) if meant else "",
        shared={"q": canonical_text(meant or query), **places.shared()},
        results=shown,
        found=_with_pages(session, shown),
        places=places,
        communities=pages.communities(session),
        shows=pages.shows(session),
        people=pages.everybody_heard(session),
    )


def _note_unanswered(query: Query, places: Places) -> None:
    """Keep the words, if all of a place was searched: days and persons find nothing for other reasons."""
    if places.missing or places.episode or places.person or places.since or places.until:
        return
    words = kept_words(request.args.get("q", ""), query)
    if words:
        community_id = places.community.id if places.community else None
        note_unanswered(words, places.show.community_id if places.show else community_id)


def _not_here() -> tuple[str | Response, int]:
    """What is said where the database that the operator chose cannot search."""
    said = "Search is not available on the database of this service."
    if request.args.get("format") == "json":
        return jsonify(error=said), HTTPStatus.SERVICE_UNAVAILABLE
    return render_template("site/no_search.html", said=said), HTTPStatus.SERVICE_UNAVAILABLE


def _results(session: Session, query: Query, places: Places) -> Results:
    page = request.args.get("page", 1, type=int)
    return search_index(session, query, visible=places.visible(), page=page, **places.ids())


def _with_pages(session: Session, results: Results) -> list[Found]:
    """The hits with their pages, but those of episodes that have gone since they were found."""
    wanted = {hit.episode_id for hit in results.hits}
    query = public_episodes().where(Episode.id.in_(wanted)).options(joinedload(Episode.show))
    episodes = {episode.id: episode for episode in session.scalars(query)}
    hits = [(hit, episodes[hit.episode_id]) for hit in results.hits if hit.episode_id in episodes]
    found: list[Found] = []
    for number, (hit, episode) in enumerate(hits):
        is_first = all(one.episode is not episode for one in found)
        has_more = is_first and any(other is episode for _, other in hits[number + 1 :])
        found.append(Found(hit, episode, _moment(episode, hit), has_more))
    return found


def _moment(episode: Episode, hit: Hit) -> str:
    """The page at the second in which the words begin."""
    return f"{episode_address(episode)}#t={(hit.start_ms or 0) // 1000}"


def _as_json(results: Results, found: list[Found], meant: Query | None) -> Response:
    hits = [
        {
            "episode": str(one.episode.guid),
            "start_ms": one.hit.start_ms or 0,
            "text": one.hit.text,
            "url": one.url,
        }
        for one in found
    ]
    answer: dict[str, object] = {"count": results.count, "hits": hits}
    if meant is not None:
        answer["did_you_mean"] = canonical_text(meant)
    return jsonify(answer)


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
