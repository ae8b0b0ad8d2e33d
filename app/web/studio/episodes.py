"""One episode in the studio: how it stands, what is said of it, and its sound."""

import uuid
from dataclasses import dataclass

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Conflict, Invalid, NotFound
from app.models import CreditRole, Episode, EpisodeKind, EpisodeState, EpisodeType, RecordingState
from app.notes import Moments, notes_html
from app.services import access, drafts, episodes
from app.web.current import backends
from app.web.session import current_session
from app.web.sound import sound_response
from app.web.studio import listeners
from app.web.studio.blueprint import bp
from app.web.studio.credits import consent_form, credit_form
from app.web.studio.doctor import before_publishing
from app.web.studio.forms import EpisodeForm, PlainForm, options, page
from app.web.studio.guard import account, episode_to_make
from app.web.studio.progress import shown

_MOST_NOTES = 20_000


@dataclass(frozen=True)
class NextStep:
    """What an episode waits for before it may be published: words for a button, and where it leads."""

    words: str
    url: str


@bp.get("/episodes/<uuid:episode_id>")
def episode(episode_id: uuid.UUID) -> ResponseReturnValue:
    """How it stands: recording, transcript, people, consent, and what can be done next."""
    found = episode_to_make(episode_id)
    return render_template("studio/episode.html", **standing(found))


def standing(found: Episode) -> dict[str, object]:
    """All that the episode's page shows."""
    session = current_session()
    recording = episodes.latest_recording(session, found)
    working = recording is not None and recording.state is RecordingState.working
    return {
        "form": PlainForm(),
        "episode": found,
        "recording": recording,
        "progress": shown(recording, backends().clock()) if recording else None,
        "working": working,
        "hindrances": episodes.hindrances(session, found),
        "may_publish": access.may_publish(session, account(), found.show),
        "must_be_checked": _must_be_checked(found),
        "next_step": _next_step(found),
        "for_apps": before_publishing(found) if _is_still_to_come(found) else (),
        "credit_form": credit_form(found),
        "consent_form": consent_form(found),
        "bin_ends": episodes.bin_ends(found),
        "listeners": listeners.of_episode(found),
        "waits": episodes.waits(found, backends().clock()),
    }


@bp.route("/episodes/<uuid:episode_id>/edit", methods=["GET", "POST"])
def episode_edit(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Change what is said of it."""
    found, session = episode_to_make(episode_id), current_session()
    form = EpisodeForm(obj=found)
    seasons = (
        (str(season.id), f"Season {season.number}" + (f": {season.name}" if season.name else ""))
        for season in found.show.seasons
    )
    form.season_id.choices = options([("", "None"), *seasons])
    if form.validate_on_submit():
        try:
            drafts.edit(session, found, _said(form), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        except Conflict as refused_change:
            form.blame(Invalid({"": str(refused_change)}))
        else:
            session.commit()
            flash("Saved.")
            return redirect(url_for("studio.episode", episode_id=episode_id))
        session.rollback()
    elif not form.is_submitted():
        form.kind.data = found.kind.value
        form.episode_type.data = found.episode_type.value
        form.season_id.data = str(found.season_id or "")
    return page("studio/episode_form.html", form, episode=found)


@bp.post("/notes/preview")
def notes_preview() -> ResponseReturnValue:
    """Notes as listeners will see them; keeps nothing."""
    moments = Moments(request.form.get("duration_ms", 0, type=int))
    return jsonify(html=notes_html((request.form.get("notes") or "")[:_MOST_NOTES], moments=moments))


@bp.get("/episodes/<uuid:episode_id>/sound")
def sound(episode_id: uuid.UUID) -> ResponseReturnValue:
    """The levelled sound for those who work on it, published or not; never kept by anybody between."""
    enclosure = episode_to_make(episode_id).enclosure
    if enclosure is None:
        raise NotFound("There is no sound yet.")
    response = sound_response(backends(), enclosure)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _must_be_checked(episode: Episode) -> bool:
    return episode.kind is EpisodeKind.story or episode.show.requires_checked


def _is_still_to_come(episode: Episode) -> bool:
    """Whether podcast apps may see it, and do not yet."""
    if episode.deleted_at is not None or episode.state is EpisodeState.withdrawn:
        return False
    return not episodes.is_public(episode, backends().clock())


def _next_step(episode: Episode) -> NextStep | None:
    """Checked first: a storyteller agrees to what will be published, so they read it as it will be."""
    transcript = episode.transcript
    if transcript is not None and transcript.checked_at is None and _must_be_checked(episode):
        return NextStep("Check the transcript", url_for("studio.transcript", episode_id=episode.id))
    if episode.kind is not EpisodeKind.story:
        return None
    tellers = {credit.person_id for credit in episode.credits if credit.role is CreditRole.storyteller}
    if not tellers:
        return NextStep("Name the storyteller", url_for("studio.credit_add", episode_id=episode.id))
    if tellers - {consent.person_id for consent in episode.consents if consent.withdrawn_at is None}:
        return NextStep("Record the consent", url_for("studio.consent_add", episode_id=episode.id))
    return None


def _said(form: EpisodeForm) -> drafts.EpisodeFields:
    return drafts.EpisodeFields(
        title=form.title.data or "",
        summary=form.summary.data or "",
        notes=form.notes.data or "",
        content_note=form.content_note.data or "",
        kind=EpisodeKind(form.kind.data),
        episode_type=EpisodeType(form.episode_type.data),
        explicit=bool(form.explicit.data),
        number=form.number.data,
        season_id=uuid.UUID(form.season_id.data) if form.season_id.data else None,
    )
