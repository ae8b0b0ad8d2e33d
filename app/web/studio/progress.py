"""How far a recording is, for the eye and for the script that asks every two seconds."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from app.models import Recording, RecordingState, Step
from app.pipeline.engine import enqueue
from app.services import recordings
from app.services.progress import held_up
from app.services.progress import progress as progress_of
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account

#: What the producer sees: the steps of the pipeline, gathered into those that mean something to them.
STAGES = ("Received", "Checked", "Levelled", "Transcribed", "Ready")
_DOING = ("Receiving", "Checking", "Levelling the sound", "Transcribing", "Ready")
_STAGE_OF = {Step.receive: 0, Step.inspect: 1, Step.master: 2}
_TRANSCRIBING = 3


@dataclass(frozen=True)
class Stage:
    """One step as shown: its words and whether it is done, now, stopped or to come."""

    words: str
    state: str


@dataclass(frozen=True)
class Shown:
    """All that is shown of a recording on its way. `percent` is of the whole way."""

    recording: Recording
    words: str
    percent: int
    left: str
    stages: tuple[Stage, ...]


def shown(recording: Recording, now: datetime) -> Shown:
    """The recording's way in words."""
    progress = progress_of(recording, now)
    at = _STAGE_OF.get(progress.step, _TRANSCRIBING)
    if progress.state is RecordingState.ready:
        at = len(STAGES)
    stopped = progress.state in (RecordingState.failed, RecordingState.refused)
    words = {
        RecordingState.ready: "Ready",
        RecordingState.refused: "We cannot take this recording",
        RecordingState.failed: "Something went wrong on our side",
    }.get(progress.state)
    if words is None:
        words = held_up(recording)
    if words == "":
        words = _DOING[at]
        if progress.step is Step.transcribe:
            words += f" {progress.step_fraction:.0%}"
    return Shown(
        recording=recording,
        words=words,
        percent=round(progress.fraction * 100),
        left=time_left(progress.seconds_left),
        stages=tuple(_stage(number, at, stopped) for number in range(len(STAGES))),
    )


def time_left(seconds: int | None) -> str:
    """An estimate as a person would say it; nothing where there is none."""
    if seconds is None:
        return ""
    if seconds < 45:
        return "less than a minute left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} minute{'s' if minutes != 1 else ''} left"
    hours, rest = divmod(minutes, 60)
    half = " and a half" if 15 <= rest < 45 else ""
    hours += rest >= 45
    return f"about {hours}{half} hour{'s' if hours != 1 or half else ''} left"


@bp.get("/recordings/<uuid:recording_id>/state")
def recording_state(recording_id: uuid.UUID) -> ResponseReturnValue:
    """The same as JSON; asked for while the page is open."""
    recording = _own(recording_id)
    now = shown(recording, backends().clock())
    return jsonify(
        step=recording.step.value,
        words=now.words,
        fraction=round(now.percent / 100, 2),
        left=now.left,
        seconds_left=progress_of(recording, backends().clock()).seconds_left,
        state=recording.state.value,
        reason=recording.reason,
        stages=[{"words": stage.words, "state": stage.state} for stage in now.stages],
        episode=url_for("studio.episode", episode_id=recording.episode_id),
    )


@bp.post("/recordings/<uuid:recording_id>/again")
def recording_again(recording_id: uuid.UUID) -> ResponseReturnValue:
    """A new attempt on what was received: nothing has to be sent again."""
    session = current_session()
    recording = _own(recording_id)
    recordings.try_again(session, recording, backends().clock())
    enqueue(session, recording)
    session.commit()
    return redirect(url_for("studio.episode", episode_id=recording.episode_id))


def _own(recording_id: uuid.UUID) -> Recording:
    return recordings.to_make(current_session(), recording_id, account())


def _stage(number: int, at: int, stopped: bool) -> Stage:
    if number < at:
        return Stage(STAGES[number], "done")
    if number == at:
        return Stage(_DOING[number], "stopped" if stopped else "now")
    return Stage(STAGES[number], "to come")
