"""An episode in a frame on somebody else's page.

The only page that may be framed (app/web/security.py): it reads no session, sets no cookie, sends no form
and asks nobody else for anything. Where the episode is not public, an empty and polite page stands in the
frame, which may be framed too and tells nothing of what it was.
"""

import uuid

from flask import Blueprint, Flask, Response, current_app

from app.backends import Backends
from app.errors import Gone, NotFound
from app.models import Episode
from app.services import pages
from app.services.published import NOTHING_HERE, public_episode_by_guid
from app.web.current import settings
from app.web.errors import status_of
from app.web.media import PUBLIC
from app.web.session import current_session
from app.web.site import episode_address, sound_path, transcript_files

bp = Blueprint("embed", __name__)


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
        reading=reading,
        to_come=pages.transcripts_to_come(session, [found]),
        transcript_files=transcript_files(found, reading),
    )
    answer.headers["Cache-Control"] = PUBLIC
    return answer


def _episode(guid: str) -> Episode:
    try:
        identity = uuid.UUID(guid)
    except ValueError as error:
        raise NotFound(NOTHING_HERE) from error
    return public_episode_by_guid(current_session(), identity)


def _page(template: str, **shown: object) -> Response:
    """Past the site's context, which would ask who is signed in."""
    words = current_app.jinja_env.get_template(template).render(service_name=settings().service_name, **shown)
    return Response(words, mimetype="text/html")


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
