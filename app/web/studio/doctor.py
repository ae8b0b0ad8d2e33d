"""What podcast apps would refuse or ignore, and where to mend it: of an episode to come, and of a whole show.

The rules are feeds.doctor's. Here each problem meets the page whose field mends it, for those who may open
that page.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from app.models import Episode, Show
from app.services import access, doctor
from app.services.published import was_show_public
from app.services.served import MOST_EPISODES, Served, look
from app.services.shows import feed_address
from app.web.current import settings
from app.web.own_look import fetch_here
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account, show_to_make
from feeds.address import is_public
from feeds.problem import Field, Judge, Problem

#: For all questions to the service itself; a page that takes longer is not waited for.
LONGEST_LOOK_S = 4.0
#: Episodes with problems that one page shows.
MOST_SHOWN = 40

_NAMES = {
    Judge.APPLE: "Apple Podcasts",
    Judge.SPOTIFY: "Spotify",
    Judge.PSP_1: "other podcast apps",
    Judge.PODCASTING_20: "other podcast apps",
}

#: Field of a show -> the endpoint of its page, what the link says, and the id of the field there.
_OF_SHOW = {
    Field.SHOW_TITLE: ("studio.show_edit", "Change the title of the show", "title"),
    Field.SHOW_DESCRIPTION: ("studio.show_edit", "Change the description of the show", "description"),
    Field.SHOW_AUTHOR: ("studio.show_edit", "Enter an author", "author"),
    Field.SHOW_OWNER_EMAIL: ("studio.show_edit", "Enter an e-mail address", "owner_email"),
    Field.SHOW_LANGUAGE: ("studio.show_edit", "Choose the language", "language"),
    Field.SHOW_CATEGORY: ("studio.show_edit", "Choose a category", "category"),
    Field.SHOW_COPYRIGHT: ("studio.show_edit", "Change the copyright line", "copyright"),
    Field.SHOW_VERIFY_TEXT: ("studio.show_edit", "Change the text that proves ownership", "verify_text"),
    Field.ARTWORK: ("studio.show_artwork", "Add a picture", "picture"),
    Field.ARTWORK_ALT: ("studio.show_artwork", "Describe the picture", "artwork_alt"),
}

#: The same for fields of an episode.
_OF_EPISODE = {
    Field.TITLE: ("studio.episode_edit", "Change the title", "title"),
    Field.DESCRIPTION: ("studio.episode_edit", "Change summary or notes", "summary"),
    Field.NUMBER: ("studio.episode_edit", "Change the number", "number"),
    Field.SEASON: ("studio.episode_edit", "Choose the season", "season_id"),
    Field.CHAPTERS: ("studio.episode_chapters", "Change the chapters", "start-0"),
    Field.PEOPLE: ("studio.episode", "Look at the people", "people"),
    Field.RECORDING: ("studio.episode", "Look at the recording", "recording"),
    Field.TRANSCRIPT: ("studio.episode", "Look at the transcript", "transcript"),
}


@dataclass(frozen=True)
class Told:
    """A problem as a page shows it."""

    is_grave: bool
    what: str
    advice: str
    judges: str
    link: str
    url: str | None  #: None where this account cannot mend it
    ask: str  #: whom to ask then


@dataclass(frozen=True)
class OfEpisode:
    """An episode of the show and what is wrong with it."""

    episode: Episode
    told: tuple[Told, ...]


@bp.get("/shows/<slug>/doctor")
def show_doctor(slug: str) -> ResponseReturnValue:
    """The whole feed, as it is said and as it is served."""
    served = _served(show_to_make(slug))
    found, session = show_to_make(slug), current_session()
    known = {(problem.code, problem.guid) for problem in served.problems}
    problems = [*served.problems] + [
        problem
        for problem in doctor.whole_show(session, found, settings().public_url)
        if (problem.code, problem.guid) not in known
    ]
    episodes = doctor.episodes_of(session, found, problems)
    groups = [
        OfEpisode(episode, told(found, (p for p in problems if p.guid == guid), episode))
        for guid, episode in episodes.items()
    ]
    groups.sort(key=lambda group: (-group.told[0].is_grave, -_when(group.episode)))
    return render_template(
        "studio/doctor.html",
        show=found,
        of_show=told(found, (p for p in problems if p.guid not in episodes)),
        groups=groups[:MOST_SHOWN],
        more=max(0, len(groups) - MOST_SHOWN),
        grave=sum(problem.is_grave for problem in problems),
        served=served,
        most=MOST_EPISODES,
        is_reachable=is_public(settings().public_url),
    )


def before_publishing(episode: Episode) -> tuple[Told, ...]:
    """What is worth mending before podcast apps see this episode; nothing where they see it already."""
    found = doctor.before_publishing(current_session(), episode, settings().public_url)
    return told(episode.show, found, episode)


def told(show: Show, found: Iterable[Problem], episode: Episode | None = None) -> tuple[Told, ...]:
    """The problems as a page shows them, what is refused first."""
    keeps = access.role_in(current_session(), account(), show.community_id) == "facilitator"
    shown = [_told(problem, show, episode, keeps) for problem in found]
    return tuple(sorted(shown, key=lambda one: not one.is_grave))


def _told(problem: Problem, show: Show, episode: Episode | None, keeps: bool) -> Told:
    link, url, ask = "", None, ""
    if problem.field in _OF_SHOW:
        endpoint, link, anchor = _OF_SHOW[problem.field]
        url = url_for(endpoint, slug=show.slug, _anchor=anchor) if keeps else None
        ask = "" if keeps else "A facilitator of the community can change this."
    elif problem.field in _OF_EPISODE and episode is not None:
        endpoint, link, anchor = _OF_EPISODE[problem.field]
        url = url_for(endpoint, episode_id=episode.id, _anchor=anchor)
    elif problem.field is Field.EPISODES:
        link, url = "Upload a recording", url_for("studio.upload", show=show.slug)
    return Told(problem.is_grave, problem.what, problem.advice, _names(problem.judges), link, url, ask)


def _names(judges: Iterable[Judge]) -> str:
    """Whose rule it is: "Apple Podcasts, Spotify and other podcast apps"."""
    names = list(dict.fromkeys(_NAMES[judge] for judge in judges))
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _served(show: Show) -> Served:
    """What the service answers for this show; nothing where the public cannot ask for it yet.

    No transaction stays open meanwhile: the questions have sessions of their own.
    """
    session, public_url = current_session(), settings().public_url
    address = feed_address(public_url, show.slug)
    if not was_show_public(session, show):
        return Served()
    session.rollback()
    ends_s = time.monotonic() + LONGEST_LOOK_S
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # as Flask's own manual does
    return look(address, fetch_here(app, public_url), lambda: time.monotonic() > ends_s)


def _when(episode: Episode) -> float:
    return (episode.published_at or episode.created_at).timestamp()
