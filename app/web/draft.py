"""An unpublished episode as its page will be, for whoever has a draft link. Never kept, never found.

The address is the permission: it reads no session, goes into no log, and no page that it leads to
learns of it (threats, T16).
"""

from flask import Blueprint, Flask, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.backends import Backends
from app.errors import NotFound
from app.services import draft_links, episodes, pages
from app.web.current import backends
from app.web.session import current_session
from app.web.site import notes_of
from app.web.sound import sound_response

bp = Blueprint("draft", __name__)


@bp.get("/draft/<token>")
def episode(token: str) -> BaseResponse:
    """The episode's page; once it is public, the public one."""
    session = current_session()
    found = draft_links.shown_by(session, token)
    if episodes.is_public(found, backends().clock()):
        return _private(redirect(url_for("site.episode", show_slug=found.show.slug, slug=found.slug)))
    return _private(
        make_response(
            render_template(
                "site/draft.html",
                episode=found,
                show=found.show,
                reading=pages.reading(session, found),
                notes=notes_of(found),
                to_come=pages.transcripts_to_come(session, [found]),
                neighbours=pages.Neighbours(None, None),
                sound=url_for("draft.sound", token=token) if found.enclosure else "",
                transcript_files=[],
            )
        )
    )


@bp.get("/draft/<token>/sound.mp3")
def sound(token: str) -> BaseResponse:
    """Its sound, whole or in ranges."""
    enclosure = draft_links.shown_by(current_session(), token).enclosure
    if enclosure is None:
        raise NotFound(draft_links.NOT_VALID)
    return _private(sound_response(backends(), enclosure))


def _private(response: BaseResponse) -> BaseResponse:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
