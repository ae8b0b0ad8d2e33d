"""A show as RSS, and all shows as OPML. No cookie, no Host, no request header reaches the bytes."""

from datetime import timedelta
from io import BytesIO

from flask import Blueprint, Flask, Response, current_app

from app.backends import Backends
from app.services import feeds
from app.services.published import public_feed
from app.web.current import backends, settings
from app.web.ranges import file_response
from app.web.session import current_session

bp = Blueprint("feed", __name__)

_SECOND = timedelta(seconds=1)


@bp.get("/shows/<slug>/feed.xml")
def show_feed(slug: str) -> Response:
    """The show's feed; 304 where the asker has it already."""
    with backends().database.asking() as connection:
        asked = public_feed(connection, slug)
    cache = current_app.extensions["hearth_feeds"]
    file = feeds.feed_file(current_session(), asked, settings().public_url, cache)
    return _xml(file.body, "application/rss+xml; charset=utf-8", file.etag, file)


@bp.get("/opml")
def opml() -> Response:
    """All public shows with their feeds."""
    body = feeds.opml(current_session(), settings().service_name, settings().public_url)
    return Response(body, content_type="text/x-opml; charset=utf-8")


def _xml(body: bytes, media_type: str, etag: str, file: feeds.FeedFile) -> Response:
    # within the second of a change another one may follow, and its date would be the same: who asks
    # by date alone gets no date yet (RFC 9110, 8.8.2.2)
    is_fresh = backends().clock() < file.modified_at + _SECOND
    modified_at = file.modified_at + _SECOND if is_fresh else file.modified_at
    response = file_response(BytesIO(body), len(body), media_type, etag, modified_at)
    if is_fresh:
        response.headers.pop("Last-Modified")
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.extensions["hearth_feeds"] = feeds.FeedCache()
    app.register_blueprint(bp)
