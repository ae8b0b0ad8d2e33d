"""The dashboard: what needs you first, then what is on its way, then what was worked on last."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.models import (
    Account,
    Community,
    Episode,
    EpisodeKind,
    EpisodeState,
    Notice,
    PublishWish,
    Recording,
    RecordingState,
    Show,
)
from app.services import access, episodes, figures
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account
from app.web.studio.progress import Shown, shown

_MOST = 100
_LATER_STEPS = (
    "Let it be levelled and written down",
    "Read the transcript against the sound",
    "Give it a title and a summary",
    "Publish it",
)


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person: what it is about, why, and where to go. Lower ranks first."""

    episode: Episode
    rank: int
    tag: str
    why: str
    action: str
    url: str


@dataclass(frozen=True)
class OnItsWay:
    """An episode with a recording in work."""

    episode: Episode
    progress: Shown


@dataclass(frozen=True)
class FirstStep:
    """One of the five steps to a first published episode: what to do, whether it is done, where."""

    words: str
    is_done: bool
    url: str


def first_steps(
    who: Account, shows: Sequence[Show], recent: Sequence[Episode], latest: dict[uuid.UUID, Recording]
) -> list[FirstStep]:
    """For whoever has not published anything yet: the way in five steps. Empty afterwards."""
    own = [episode for episode in recent if episode.created_by == who.id]
    if not shows or any(episode.published_at is not None for episode in own):
        return []
    upload = url_for("studio.upload")
    if not own:
        undone = ("Upload a recording", *_LATER_STEPS)
        return [FirstStep(words, False, upload) for words in undone]
    newest = own[0]
    here = url_for("studio.episode", episode_id=newest.id)
    words = newest.transcript
    read = url_for("studio.transcript", episode_id=newest.id) if words else here
    done = (
        words is not None,
        words is not None and words.checked_at is not None,
        bool(newest.summary),
        False,
    )
    urls = (here, read, url_for("studio.episode_edit", episode_id=newest.id), here)
    return [
        FirstStep("Upload a recording", newest.id in latest, upload),
        *(FirstStep(*step) for step in zip(_LATER_STEPS, done, urls, strict=True)),
    ]


@bp.get("/")
def dashboard() -> ResponseReturnValue:
    """What needs this account, what is on its way, and what was worked on last."""
    session, who = current_session(), account()
    mine = access.communities_of(session, who)
    communities = session.scalars(
        sa.select(Community).where(Community.id.in_(mine)).order_by(Community.name)
    ).all()
    shows = session.scalars(
        sa.select(Show).where(Show.community_id.in_(mine), Show.deleted_at.is_(None)).order_by(Show.title)
    ).all()
    recent: list[Episode] = list(
        session.scalars(_episodes(mine).order_by(Episode.changed_at.desc()).limit(_MOST))
    )
    latest = _latest_recordings(session, [episode.id for episode in recent])
    working = [e for e in recent if e.id in latest and latest[e.id].state is RecordingState.working]
    needs = [need for episode in recent for need in _needs(session, episode, latest.get(episode.id))]
    now = backends().clock()
    return render_template(
        "studio/dashboard.html",
        communities=communities,
        shows=shows,
        manages=[c for c in communities if access.role_in(session, who, c.id) == "facilitator"],
        steps=first_steps(who, shows, recent, latest),
        needs=sorted(needs, key=lambda need: need.rank),
        on_their_way=[OnItsWay(episode, shown(latest[episode.id], now)) for episode in working],
        recent=recent[:12],
        listened=figures.by_show(session, [show.id for show in shows], now.date()),
        was_published=any(episode.published_at is not None for episode in recent),
        notices=[n for n in _notices(session, who) if not _is_said(n, needs, recent, latest)],
    )


@bp.post("/notices/<uuid:notice_id>/read")
def notice_read(notice_id: uuid.UUID) -> ResponseReturnValue:
    """The person has seen it."""
    session = current_session()
    notice = session.get(Notice, notice_id)
    if notice is None or notice.account_id != account().id:
        raise NotFound("This notice is no longer there.")
    notice.read_at = backends().clock()
    session.commit()
    return redirect(url_for("studio.dashboard"))


@bp.get("/bin")
def in_bin() -> ResponseReturnValue:
    """Episodes in the bin, which can be taken out again for thirty days."""
    session = current_session()
    thrown = session.scalars(
        sa.select(Episode)
        .join(Show)
        .options(joinedload(Episode.show))
        .where(
            Show.community_id.in_(access.communities_of(session, account())), Episode.deleted_at.is_not(None)
        )
        .order_by(Episode.deleted_at.desc())
        .limit(_MOST)
    ).all()
    return render_template(
        "studio/bin.html", thrown=[(episode, episodes.bin_ends(episode)) for episode in thrown]
    )


def _episodes(communities: sa.Select[Any]) -> sa.Select[Any]:
    return (
        sa.select(Episode)
        .join(Show)
        .options(
            joinedload(Episode.show),
            joinedload(Episode.transcript),
        )
        .where(
            Show.community_id.in_(communities),
            Show.deleted_at.is_(None),
            Episode.deleted_at.is_(None),
        )
    )


def _latest_recordings(session: Session, episode_ids: list[uuid.UUID]) -> dict[uuid.UUID, Recording]:
    """The newest recording of each episode, in one query."""
    rows = session.scalars(
        sa.select(Recording).where(Recording.episode_id.in_(episode_ids)).order_by(Recording.created_at)
    )
    return {recording.episode_id: recording for recording in rows}


def _needs(session: Session, episode: Episode, recording: Recording | None) -> list[Need]:
    """What this episode waits for, if for anything: the most pressing thing only."""
    here = url_for("studio.episode", episode_id=episode.id)
    to_check = episode.transcript is not None and episode.transcript.checked_at is None
    must_check = episode.show.requires_checked or episode.kind is EpisodeKind.story
    read = url_for("studio.transcript", episode_id=episode.id)
    if recording is not None and recording.state is RecordingState.failed:
        return [Need(episode, 0, "Stopped", recording.reason, "See what to do", here)]
    if recording is not None and recording.state is RecordingState.refused:
        return [Need(episode, 0, "Not taken", recording.reason, "See what to do", here)]
    if episode.state is EpisodeState.withdrawn:
        return []
    if recording is not None and recording.state is RecordingState.working:
        return []
    if to_check and episode.state is EpisodeState.published:
        why = "Nobody has read the transcript against the sound yet."
        return [Need(episode, 4, "To check", why, "Check the transcript", read)]
    if episode.state is EpisodeState.published:
        return []
    if to_check and must_check:
        why = "It can be published when a person has checked the transcript."
        return [Need(episode, 1, "To check", why, "Check the transcript", read)]
    if recording is None:
        return [Need(episode, 3, "Draft", "There is no recording yet.", "Add a recording", here)]
    found = episodes.hindrances(session, episode)
    if found:
        return [Need(episode, 1, "Not complete", " ".join(found), "See what is missing", here)]
    if episode.wish is PublishWish.none and episode.state is EpisodeState.draft:
        why = "It is ready and not published yet."
        return [Need(episode, 2, "Draft", why, "Look at it and publish", here)]
    return []


def _is_said(
    notice: Notice, needs: list[Need], recent: list[Episode], latest: dict[uuid.UUID, Recording]
) -> bool:
    """Whether the page says it anyhow under "Needs you", or it is no longer so."""
    episode = next((episode for episode in recent if episode.id == notice.episode_id), None)
    if episode is None:
        return False
    needs_you = any(need.episode is episode for need in needs)
    if notice.kind == "ready":
        is_checked = episode.transcript is not None and episode.transcript.checked_at is not None
        return is_checked or (needs_you and episode.state is not EpisodeState.published)
    recording = latest.get(episode.id)
    return needs_you or (recording is not None and recording.state.value != notice.kind)


def _notices(session: Session, who: Account) -> list[Notice]:
    return list(
        session.scalars(
            sa.select(Notice)
            .where(Notice.account_id == who.id, Notice.read_at.is_(None))
            .order_by(Notice.created_at.desc())
            .limit(10)
        )
    )
