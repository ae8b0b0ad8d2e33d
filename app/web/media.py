"""Enclosures, transcripts, chapters and artwork as files, for podcast apps and for the pages."""

import hashlib
import uuid
from typing import BinaryIO

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, request

from app.backends import Backends
from app.errors import NotFound
from app.models import Episode, FormerEnclosure, MemberRole, Show
from app.services import access, feeds, transcripts
from app.services.published import NOTHING_HERE, public_episode_by_guid, was_show_public
from app.storage.errors import KeyRefused, ObjectMissing
from app.storage.keys import checked_key, media_type
from app.web import listening
from app.web.current import backends, current_account, public_address
from app.web.proof import is_kept_out
from app.web.ranges import file_response
from app.web.session import current_session
from app.web.sound import sound_response
from feeds.chapters import Chapter, write_chapters
from transcription.formats import BY_EXTENSION

bp = Blueprint("media", __name__)

#: Listeners' apps ask again after a minute, so that a withdrawal is soon everywhere.
PUBLIC = "public, max-age=60"
#: Named by content: never another picture under the same address.
FOR_EVER = "public, max-age=31536000, immutable"
#: For one who asks only: an address signed for GET must not answer HEAD out of a cache (RFC 9111, 4).
KEPT_BY_NOBODY = "private, no-store"
#: What a player on another site must read in order to seek (Fetch, CORS-safelisted response headers).
EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag"


@bp.get("/media/<uuid:guid>/<name>")
def enclosure(guid: uuid.UUID, name: str) -> Response:
    """The MP3, whole or in ranges; a former address leads to the present one."""
    session = current_session()
    episode = public_episode_by_guid(session, guid)
    current = episode.enclosure
    sha12, dot, ending = name.partition(".")
    if current is None or dot + ending != ".mp3":
        raise NotFound(NOTHING_HERE)
    if current.sha256[:12] != sha12:
        former = session.scalars(
            sa.select(FormerEnclosure.sha256).where(FormerEnclosure.episode_id == episode.id)
        )
        if all(sha256[:12] != sha12 for sha256 in former):
            raise NotFound(NOTHING_HERE)
        asked = "?download=1" if "download" in request.args else ""
        return _public(_elsewhere(public_address(feeds.enclosure_path(episode)) + asked))
    file_name = _file_name(episode) if "download" in request.args else None
    response = sound_response(backends(), current, file_name)
    listening.note_download(episode, current, response)
    return _for_players(response, KEPT_BY_NOBODY if response.status_code == 302 else PUBLIC)


@bp.get("/transcripts/<uuid:guid>.<ending>")
def transcript(guid: uuid.UUID, ending: str) -> Response:
    """The transcript in one of the formats of transcription.formats."""
    form = BY_EXTENSION.get(ending)
    episode = public_episode_by_guid(current_session(), guid)
    row = episode.transcript
    if form is None or row is None:
        raise NotFound(NOTHING_HERE)
    body = form.write(transcripts.as_transcript(row))
    charset = "" if form.media_type == "application/json" else "; charset=utf-8"
    response = _document(body, form.media_type + charset)
    listening.note_read(episode, response)
    return response


@bp.get("/chapters/<uuid:guid>.json")
def chapters(guid: uuid.UUID) -> Response:
    """Podcasting 2.0 JSON chapters."""
    episode = public_episode_by_guid(current_session(), guid)
    if not episode.chapters:
        raise NotFound(NOTHING_HERE)
    body = write_chapters(
        [Chapter(start_ms=chapter.start_ms, title=chapter.title) for chapter in episode.chapters],
        title=episode.title,
        show=episode.show.title,
    )
    return _document(body, "application/json+chapters")


@bp.get("/artwork/<uuid:show_id>/<name>")
def artwork(show_id: uuid.UUID, name: str) -> Response:
    """A show's artwork in one of its sizes; of a show that never published, only for those who make it."""
    show = current_session().get(Show, show_id)
    if show is None or not show.artwork_sha256 or not name.startswith(show.artwork_sha256[:12] + "-"):
        raise NotFound(NOTHING_HERE)
    is_public = was_show_public(current_session(), show)
    if not is_public and not _makes(show):
        raise NotFound(NOTHING_HERE)
    try:
        key = checked_key(f"artwork/{show_id}/{name}")
        info = backends().store.head(key)
    except (KeyRefused, ObjectMissing):
        raise NotFound(NOTHING_HERE) from None
    response = file_response(
        _opened(key), info.size_bytes, media_type(key), show.artwork_sha256[:32], info.modified_at
    )
    if is_public:
        _for_players(response, FOR_EVER)
    else:
        response.headers["Cache-Control"] = KEPT_BY_NOBODY
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _makes(show: Show) -> bool:
    account = current_account()
    role = access.role_in(current_session(), account, show.community_id)
    if account is None or role not in (MemberRole.producer, MemberRole.facilitator):
        return False
    return not is_kept_out(account)


def _opened(key: str) -> BinaryIO:
    """The object's bytes; a row whose object is missing is 404 to listeners and an alarm elsewhere."""
    try:
        with backends().store.local_path(key) as path:
            return path.open("rb")  # a real file: ranges seek in it, and waitress sends it by itself
    except ObjectMissing:
        raise NotFound(NOTHING_HERE) from None


def _file_name(episode: Episode) -> str:
    plain = "".join(c for c in episode.slug if c.isascii() and (c.isalnum() or c == "-"))
    return f"{plain or 'episode'}.mp3"


def _elsewhere(address: str) -> Response:
    return Response(status=302, headers={"Location": address})


def _document(body: bytes, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return _public(response)


def _public(response: Response) -> Response:
    return _for_players(response, PUBLIC)


def _for_players(response: Response, kept: str) -> Response:
    """For pages and players elsewhere too; `kept` says for how long caches may have it."""
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    return response


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
