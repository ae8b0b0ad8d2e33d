"""An episode in a frame on somebody else's page, and how such pages come to know of it (oEmbed).

The player is the only page that may be framed (app/web/security.py): it reads no session, sets no cookie,
sends no form and asks nobody else for anything. Where the episode is not public, an empty and polite page
stands in the frame, which may be framed too and tells nothing of what it was.
"""

import re
import uuid
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, request, url_for

from app.backends import Backends
from app.errors import Gone, NotFound
from app.models import Episode
from app.services import pages
from app.services.published import NOTHING_HERE, public_episode, public_episode_by_guid
from app.web import oembed
from app.web.current import public_address, settings
from app.web.errors import status_of
from app.web.media import PUBLIC
from app.web.session import current_session
from app.web.site import artwork_path, episode_address, sound_path, transcript_files

bp = Blueprint("embed", __name__)

#: Addresses of ours that are about one episode, as they stand in people's browsers.
_PAGE = re.compile(r"/shows/([a-z0-9-]{1,80})/([a-z0-9-]{1,80})/?")
_PLAYER = re.compile(r"/embed/([0-9a-f-]{36})/?")


@bp.get("/embed/<guid>")
def player(guid: str) -> Response:
    """Artwork, title, player and transcript; the polite page for every address that leads to nothing."""
    session = current_session()
    try:
        found = _episode(guid)
    except (Gone, NotFound) as refused:
        answer = _page("embed/gone.html")
        answer.status_code = status_of(refused) or answer.status_code
        answer.headers["Cache-Control"] = "no-store"
        return answer
    reading = pages.reading(session, found)
    answer = _page(
        "embed/player.html",
        episode=found,
        show=found.show,
        address=episode_address(found),
        sound=sound_path(found),
        is_counted=True,
        in_frame=True,
        reading=reading,
        to_come=pages.transcripts_to_come(session, [found]),
        transcript_files=transcript_files(found, reading),
    )
    answer.headers["Cache-Control"] = PUBLIC
    return answer


@bp.get("/oembed")
def describe() -> Response:
    """oEmbed 1.0 for the address of an episode's page or player; statuses as its 2.3.4.1 has them."""
    asked, form = request.args.get("url", ""), oembed.FORMATS.get(request.args.get("format", "json"))
    if not asked:
        return _refusal(HTTPStatus.BAD_REQUEST, "Say which address is meant: ?url=...")
    if form is None:
        return _refusal(HTTPStatus.NOT_IMPLEMENTED, "The formats are json and xml.")
    try:
        found = _episode_at(asked)
    except (Gone, NotFound):
        return _refusal(HTTPStatus.NOT_FOUND, "There is nothing to embed at this address.")
    wanted = oembed.Wanted(_pixels("maxwidth"), _pixels("maxheight"))
    media_type, write = form
    said = oembed.described(found, settings().service_name, _places(found), wanted)
    answer = Response(write(said), content_type=f"{media_type}; charset=utf-8")
    answer.headers["Cache-Control"] = PUBLIC
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def player_address(episode: Episode) -> str:
    """The absolute address of an episode's player."""
    return public_address(url_for("embed.player", guid=episode.guid))


def _episode(guid: str) -> Episode:
    try:
        identity = uuid.UUID(guid)
    except ValueError as error:
        raise NotFound(NOTHING_HERE) from error
    return public_episode_by_guid(current_session(), identity)


def _episode_at(address: str) -> Episode:
    """The public episode that an address of ours is about. Raises NotFound, Gone."""
    base = settings().public_url
    path = re.split("[?#]", address.removeprefix(base), maxsplit=1)[0]
    if not address.startswith(f"{base}/"):
        raise NotFound(NOTHING_HERE)
    if found := _PAGE.fullmatch(path):
        return public_episode(current_session(), found[1], found[2])
    if found := _PLAYER.fullmatch(path):
        return _episode(found[1])
    raise NotFound(NOTHING_HERE)


def _places(episode: Episode) -> oembed.Places:
    pictures = {side: artwork_path(episode.show, str(side)) for side in oembed.THUMBNAILS_PX}
    return oembed.Places(
        provider=public_address("/"),
        show=public_address(url_for("site.show", slug=episode.show.slug)),
        player=player_address(episode),
        pictures_px={side: public_address(path) for side, path in pictures.items() if path},
    )


def _pixels(name: str) -> int | None:
    """A size that was asked for; None for what is no size."""
    value = request.args.get(name, type=int)
    return value if value and value > 0 else None


def _refusal(status: HTTPStatus, words: str) -> Response:
    return Response(words + "\n", status, mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _page(template: str, **shown: object) -> Response:
    """Past the site's context, which would ask who is signed in."""
    words = current_app.jinja_env.get_template(template).render(service_name=settings().service_name, **shown)
    return Response(words, mimetype="text/html")


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes; pages of episodes show the code and where oEmbed answers."""
    app.register_blueprint(bp)
    app.add_template_global(_frame_code, "frame_code")
    app.add_template_global(_oembed_address, "oembed_address")


def _frame_code(episode: Episode) -> str:
    return oembed.frame(player_address(episode), oembed.frame_title(episode))


def _oembed_address(address: str, form: str) -> str:
    return public_address(url_for("embed.describe", url=address, format=form))
