"""The public pages: home, communities, community, show, episode, and the statements.

Whatever they show comes from app.services.pages, which asks app.services.published what the public may
see. Changes nothing.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request, url_for

from app.backends import Backends
from app.models import Episode, Show
from app.notes import Moments, notes_html
from app.services import access, artwork, pages
from app.services.published import public_community, public_episode, public_show
from app.web import wording
from app.web.current import backends, current_account, public_address, settings
from app.web.drawing import sign_of, waveform_path
from app.web.listen import app_links, described
from app.web.session import current_session
from transcription.formats import BY_EXTENSION

bp = Blueprint("site", __name__)

#: A file of ours whose address carries its hash is never another file.
FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/")
def home() -> str:
    """What this is, the newest episodes, the communities."""
    session = current_session()
    newest = pages.newest(session, pages.NEWEST)
    return render_template(
        "site/home.html",
        newest=newest,
        to_come=pages.transcripts_to_come(session, newest),
        communities=pages.communities(session),
        shows=pages.shows(session),
    )


@bp.get("/communities")
def communities() -> str:
    """All communities."""
    return render_template("site/communities.html", communities=pages.communities(current_session()))


@bp.get("/communities/<slug>")
def community(slug: str) -> str:
    """A community: domain, community, practice, links, its shows and newest episodes."""
    session = current_session()
    found = public_community(session, slug)
    newest = pages.newest(session, pages.NEWEST, found)
    return render_template(
        "site/community.html",
        community=found,
        shows=pages.shows(session, found),
        newest=newest,
        to_come=pages.transcripts_to_come(session, newest),
        people=pages.people(session, found),
    )


@bp.get("/shows/<slug>")
def show(slug: str) -> str:
    """A show: how to subscribe, and its episodes by season."""
    session = current_session()
    found = public_show(session, slug)
    listing = pages.episodes(session, found, request.args.get("page", 1, type=int))
    feed = public_address(url_for("feed.show_feed", slug=slug))
    return render_template(
        "site/show.html",
        show=found,
        listing=listing,
        to_come=pages.transcripts_to_come(session, [one for _, group in listing.seasons for one in group]),
        hosts=pages.hosts(session, found),
        feed=feed,
        app_links=app_links(feed),
    )


@bp.get("/shows/<show_slug>/<slug>")
def episode(show_slug: str, slug: str) -> str:
    """An episode: player, chapters, notes, transcript."""
    session = current_session()
    found = public_episode(session, show_slug, slug)
    reading = pages.reading(session, found)
    return render_template(
        "site/episode.html",
        episode=found,
        show=found.show,
        reading=reading,
        notes=notes_of(found),
        to_come=pages.transcripts_to_come(session, [found]),
        neighbours=pages.neighbours(session, found),
        address=episode_address(found),
        sound=sound_path(found),
        is_counted=True,
        feed=public_address(url_for("feed.show_feed", slug=show_slug)),
        linked_data=described(
            found, episode_address(found), public_address(sound_path(found)), _picture(found.show)
        ),
        picture=_picture(found.show),
        transcript_files=transcript_files(found, reading),
    )


@bp.get("/accessibility")
def accessibility() -> str:
    """The accessibility statement (PSBAR 2018, in the set format)."""
    return render_template("site/accessibility.html")


@bp.get("/privacy")
def privacy() -> str:
    """What is kept about listeners, producers and the people who are heard."""
    return render_template("site/privacy.html")


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """Every public page with the day of its last change (sitemaps.org, protocol 0.9)."""
    session = current_session()
    places: list[tuple[str, datetime | None]] = [
        (public_address(url_for("site.home")), None),
        (public_address(url_for("site.communities")), None),
    ]
    for slug in pages.community_slugs(session):
        places.append((public_address(url_for("site.community", slug=slug)), None))
    for place in pages.public_places(session):
        if place.show is None:
            path = url_for("site.show", slug=place.slug)
        else:
            path = url_for("site.episode", show_slug=place.show, slug=place.slug)
        places.append((public_address(path), place.changed_at))
    return Response(render_template("site/sitemap.xml", places=places), mimetype="application/xml")


@bp.get("/robots.txt")
def robots() -> Response:
    """What search engines should leave alone: pages that answer anything, and private ones."""
    lines = ["User-agent: *", "Disallow: /search", "Disallow: /studio/", "Disallow: /parts/", ""]
    lines.append(f"Sitemap: {public_address(url_for('site.sitemap'))}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def episode_address(episode: Episode) -> str:
    """The absolute address of an episode's page."""
    return public_address(url_for("site.episode", show_slug=episode.show.slug, slug=episode.slug))


def sound_path(episode: Episode) -> str:
    """Where a page loads the episode's sound from."""
    if episode.enclosure is None:
        return ""
    return url_for("media.enclosure", guid=episode.guid, name=f"{episode.enclosure.sha256[:12]}.mp3")


def notes_of(episode: Episode) -> str:
    """The notes as HTML for a page with the episode's player: times in them lead to their moments."""
    moments = Moments(episode.enclosure.duration_ms) if episode.enclosure else None
    return notes_html(episode.notes, moments=moments)


def transcript_files(episode: Episode, reading: pages.Reading | None) -> list[tuple[str, str, str]]:
    """(type, path, name) of the files in which the transcript can be taken along; none without words."""
    if reading is None or not reading.turns:
        return []
    return [
        (BY_EXTENSION[ending].media_type, url_for("media.transcript", guid=episode.guid, ending=ending), name)
        for ending, name in (("vtt", "WebVTT"), ("srt", "SRT"), ("txt", "text"))
    ]


def artwork_path(show: Show, size: str) -> str | None:
    """Where a size of the show's picture lies; None where it has none."""
    if not show.artwork_sha256:
        return None
    return url_for("media.artwork", show_id=show.id, name=artwork.name(show.artwork_sha256, size))


def _picture(show: Show) -> str | None:
    path = artwork_path(show, "full")
    return public_address(path) if path else None


def register(app: Flask, chosen: Backends) -> None:
    """Open these routes, and give every template what it may use."""
    app.register_blueprint(bp)
    app.jinja_env.filters.update(wording.filters(chosen.settings.zone), notes=notes_html)
    app.add_template_global(public_address, "public_address")
    app.add_template_global(artwork_path, "artwork_path")
    app.add_template_global(sign_of, "sign_of")
    app.add_template_global(waveform_path, "waveform_path")
    app.context_processor(_everywhere)
    app.url_defaults(_version_static)
    app.after_request(_keep_static)


def _everywhere() -> dict[str, Any]:
    account = current_account()
    return {
        "service_name": settings().service_name,
        "settings": settings(),
        "account": account,
        "studio_open": account is not None and access.works_in_studio(current_session(), account),
        "now": backends().clock(),
    }


def _version_static(endpoint: str, values: dict[str, Any]) -> None:
    """Static addresses carry a hash of the file, so that a new version is loaded at once."""
    if endpoint != "static" or "v" in values:
        return
    path = Path(__file__).parent.parent / "static" / str(values.get("filename", ""))
    if path.is_file():
        values["v"] = _hash_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_of(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _keep_static(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = FOR_EVER
    return response
