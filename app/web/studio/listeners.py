"""How many listened and read: the part of an episode's and a show's page, and its table as a file."""

import uuid
from dataclasses import dataclass

from flask import url_for
from flask.typing import ResponseReturnValue

from app.models import Episode, Show
from app.services import figures
from app.web.current import backends
from app.web.drawing import Bars, day_bars
from app.web.session import current_session
from app.web.sheet import csv_response
from app.web.studio.blueprint import bp
from app.web.studio.guard import episode_to_make, show_to_make

_KINDS = ("Downloads", "Plays on the page", "Transcript reads")


@dataclass(frozen=True)
class Shown:
    """What the part shows: figures, what the bars stand for, and where the table is."""

    figures: figures.Figures
    what: str
    bars: Bars
    counts: tuple[int, ...]
    csv_url: str


def of_episode(episode: Episode) -> Shown | None:
    """An episode's listeners; None for a draft that nobody can have heard."""
    found = figures.of_episode(current_session(), episode, backends().clock().date())
    if episode.published_at is None and not found.ever:
        return None
    return _shown(found, url_for("studio.episode_listeners", episode_id=episode.id))


def of_show(show: Show) -> Shown:
    """The listeners of all its episodes."""
    found = figures.of_show(current_session(), show.id, backends().clock().date())
    return _shown(found, url_for("studio.show_listeners", slug=show.slug))


@bp.get("/episodes/<uuid:episode_id>/listeners.csv")
def episode_listeners(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Every day on which the episode had listeners."""
    episode = episode_to_make(episode_id)
    days = figures.history_of_episode(current_session(), episode)
    return csv_response(
        f"listeners-{episode.slug}",
        ("Day (UTC)", *_KINDS),
        ((one.day.isoformat(), *_counts(one.tally)) for one in days),
    )


@bp.get("/shows/<slug>/listeners.csv")
def show_listeners(slug: str) -> ResponseReturnValue:
    """Every day and episode with listeners."""
    show = show_to_make(slug)
    rows = figures.history_of_show(current_session(), show.id)
    return csv_response(
        f"listeners-{show.slug}",
        ("Day (UTC)", "Episode", *_KINDS),
        ((one.day.isoformat(), title, *_counts(one.tally)) for title, one in rows),
    )


def _shown(found: figures.Figures, csv_url: str) -> Shown:
    """Bars of the downloads; of the plays or reads where nobody downloads."""
    columns = zip(*(_counts(one.tally) for one in found.days), strict=True)
    kinds = [(what, tuple(counts)) for what, counts in zip(_KINDS, columns, strict=True)]
    what, counts = next((kind for kind in kinds if any(kind[1])), kinds[0])
    return Shown(found, what, day_bars(counts), counts, csv_url)


def _counts(tally: figures.Tally) -> tuple[int, int, int]:
    return tally.downloads, tally.plays, tally.reads
