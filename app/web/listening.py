"""Which requests are a listener's, and what a page may tell of its reader. Writes no table.

Not counted: who asks for the head only, for less than a player needs to begin, or ahead of somebody who
may never come; our own page's player, which tells of a play by itself; what the service asks of itself;
and whoever asks not to be counted.
"""

import uuid

from flask import Blueprint, Flask, Response, current_app, request

from app.backends import Backends
from app.counting.counter import Counter, Visitor
from app.models import Enclosure, Episode, Listening
from app.services.counting import asked_of
from app.services.published import public_episode_by_guid
from app.web.current import backends, settings
from app.web.own_look import is_own_look
from app.web.ranges import Span, asked_span
from app.web.sound import is_sent_elsewhere

bp = Blueprint("listening", __name__)

#: A range of so many bytes only finds out whether ranges are answered: no request for sound (IAB 2.1).
PROBE_BYTES = 2

#: Who asks so has the sound, since other sound has another address: it is told so, and gets nothing.
_HAS_IT = ("IF_NONE_MATCH", "IF_MODIFIED_SINCE")

_PURPOSES = ("SEC_PURPOSE", "PURPOSE", "X_PURPOSE", "X_MOZ")


def note_download(episode: Episode, enclosure: Enclosure, response: Response) -> None:
    """Count this answer as a part of a download, where it is one; where others send it, what it asks for."""
    if request.method != "GET" or response.status_code not in (200, 206, 302):
        return
    whole = Span(0, enclosure.size_bytes)
    named = None if response.status_code == 200 else request.headers.get("Range")
    if is_sent_elsewhere(response):
        if any(_said(condition) for condition in _HAS_IT):
            return
        named = request.headers.get("Range")
    span = asked_span(named, enclosure.size_bytes) or whole
    if (span.end - span.start <= PROBE_BYTES and span != whole) or _is_left_out() or _is_own_player():
        return
    asked = asked_of(enclosure, span.start, span.end)
    _counter().count(Listening.download, episode.id, _visitor(), asked.asked_bytes, asked.enough_bytes)


def note_read(episode: Episode, response: Response) -> None:
    """Count that the transcript was taken along as a file."""
    if request.method == "GET" and response.status_code == 200 and not _is_left_out():
        _counter().count(Listening.read, episode.id, _visitor())


def note_unanswered(words: str, community_id: uuid.UUID | None) -> None:
    """Write down what somebody searched for and did not find; not of those who ask not to be counted.

    Nor what is tried again from the studio's own list, which would otherwise keep itself alive.
    """
    from_studio = _said("REFERER").startswith(f"{settings().public_url}/studio/")
    if request.method == "GET" and not from_studio and not _is_left_out():
        _counter().note_search(words, community_id, _visitor())


@bp.post("/listening/<uuid:guid>/<any(play, read):kind>")
def tell(guid: uuid.UUID, kind: str) -> Response:
    """A page says, once, that somebody has listened or read. No cookie is looked at, no session, no body."""
    with backends().database.reading() as session:
        episode_id = public_episode_by_guid(session, guid).id
    is_ours = _said("SEC_FETCH_SITE") in ("same-origin", "")
    if is_ours and not _is_left_out() and _counter().is_believed(_visitor()):
        _counter().count(Listening(kind), episode_id, _visitor())
    return Response(status=204, headers={"Cache-Control": "no-store"})


def _is_left_out() -> bool:
    """Whether this browser asks not to be followed, or loads ahead of its person (Sec-GPC, Sec-Purpose)."""
    if is_own_look() or _said("DNT") == "1" or _said("SEC_GPC") == "1":
        return True
    purposes = [said.lower() for name in _PURPOSES if (said := _said(name))]
    return any(word in said for said in purposes for word in ("prefetch", "prerender", "preview"))


def _is_own_player() -> bool:
    """Whether the sound is for a player on a page of ours: browsers ask for all of it to show its length.

    A frame in a sandbox has no origin and sends no address: its player says by `frame` that it is ours.
    """
    if "frame" in request.args:
        return True
    if "download" in request.args:
        return False
    site, use = _said("SEC_FETCH_SITE"), _said("SEC_FETCH_DEST")
    if site or use:
        return site == "same-origin" and use in ("audio", "video")
    referrer = _said("REFERER")
    return bool(referrer) and referrer.startswith(settings().public_url + "/")


def _visitor() -> Visitor:
    return Visitor(request.remote_addr or "", _said("USER_AGENT"))


def _said(name: str) -> str:
    """A header of the request as WSGI names it; "" where it is not there. A dozen are asked for each time."""
    said: str = request.environ.get(f"HTTP_{name}", "")
    return said


def _counter() -> Counter:
    counter: Counter = current_app.extensions["hearth-counter"]
    return counter


def register(app: Flask, chosen: Backends) -> None:
    """Open this route, and begin to count."""
    counter = Counter(chosen.settings.data, chosen.clock)
    counter.begin()
    app.extensions["hearth-counter"] = counter
    app.register_blueprint(bp)
