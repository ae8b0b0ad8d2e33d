"""A show as RSS, and all shows as OPML. No cookie, no Host, no request header reaches the bytes."""

from io import BytesIO

from flask import Blueprint, Flask, Response, current_app

from app.backends import Backends
from app.services import feeds
from app.services.published import public_show
from app.web.current import settings
from app.web.ranges import file_response
from app.web.session import current_session

bp = Blueprint("feed", __name__)


@bp.get("/shows/<slug>/feed.xml")
def show_feed(slug: str) -> Response:
    """The show's feed; 304 where the asker has it already."""
    session = current_session()
    show = public_show(session, slug)
    file = feeds.feed_file(session, show, settings().public_url, current_app.extensions["hearth_feeds"])
    return _xml(file.body, "application/rss+xml; charset=utf-8", file.etag, file)


@bp.get("/opml")
def opml() -> Response:
    """All public shows with their feeds."""
    body = feeds.opml(current_session(), settings().service_name, settings().public_url)
    return Response(body, content_type="text/x-opml; charset=utf-8")


def _xml(body: bytes, media_type: str, etag: str, file: feeds.FeedFile) -> Response:
    response = file_response(BytesIO(body), len(body), media_type, etag, file.modified_at)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.extensions["hearth_feeds"] = feeds.FeedCache()
    app.register_blueprint(bp)
