"""What the workers do, what waits for them and what has stopped, for the owner.

While it is open, the page asks every five seconds.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.db import now_of_database
from app.models import Recording, Step
from app.pipeline import engine, watching
from app.services import recordings, work
from app.services.health import span
from app.services.progress import STEP_WORDS
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import only_owner
from app.web.studio.progress import Shown, shown, time_left


@dataclass(frozen=True)
class Hand:
    """A worker as shown: its row, when it was heard of, and what it has in hand."""

    worker: work.Worker
    heard: str
    doing: tuple[tuple[str, Recording], ...]


@dataclass(frozen=True)
class InWork:
    """A recording that is worked on, and its name in the log."""

    progress: Shown
    workflow: str


@dataclass(frozen=True)
class Waiting:
    """A recording that waits for its turn."""

    recording: Recording
    for_long: str


@dataclass(frozen=True)
class Stopped:
    """A recording that failed, and its name in the log."""

    recording: Recording
    workflow: str


@bp.get("/work", endpoint="work")
def show() -> str:
    """Failed, in work, waiting, workers."""
    only_owner()
    session, now = current_session(), backends().clock()
    now_there = now_of_database(session)
    on_their_way, failed = work.in_work(session), work.failed(session)
    workers = work.workers(session, now_there)
    waiting = [one for one in on_their_way if recordings.waits(one)]
    running = [one for one in on_their_way if not recordings.waits(one)]
    alive = [worker for worker in workers if worker.is_alive]
    longest = work.longest_wait(on_their_way, now)
    left = work.left(on_their_way, alive, work.pace(work.figures(session)))
    in_hand = watching.in_hand(session)
    by_id = {one.id: one for one in on_their_way}
    return render_template(
        "studio/work.html",
        said=_said(len(failed), len(running), len(waiting), len(alive)),
        outlook=_outlook(left, on_their_way, alive),
        longest=span(longest) if longest and longest >= timedelta(minutes=1) else "",
        failed=[Stopped(one, engine.workflow_id(one)) for one in failed],
        running=[InWork(shown(one, now), engine.workflow_id(one)) for one in running[: work.MOST]],
        running_more=max(0, len(running) - work.MOST),
        waiting=[Waiting(one, _for_long(now - work.waits_since(one))) for one in waiting[: work.MOST]],
        waiting_more=max(0, len(waiting) - work.MOST),
        hands=[_hand(worker, in_hand.get(worker.name, Counter()), by_id, now_there) for worker in workers],
    )


@bp.post("/work/<uuid:recording_id>/again")
def work_again(recording_id: uuid.UUID) -> ResponseReturnValue:
    """A new attempt, as its producer could ask for it; and back to this page."""
    only_owner()
    session = current_session()
    recording = recordings.get(session, recording_id)
    recordings.try_again(session, recording, backends().clock())
    engine.enqueue(session, recording)
    session.commit()
    return redirect(url_for("studio.work"))


def _said(failed: int, running: int, waiting: int, alive: int) -> str:
    """All of it in one line; read out when it changes."""
    workers = f"{_count(alive, 'worker')} running" if alive else "no worker running"
    if not (failed or running or waiting):
        return f"Nothing is in work, nothing waits, nothing has stopped; {workers}."
    stopped = f"{failed} stopped, " if failed else ""
    return f"{stopped}{running} in work, {waiting} waiting; {workers}."


def _outlook(left: work.Left, on_their_way: Sequence[Recording], alive: Sequence[work.Worker]) -> str:
    """How long it will take, as honestly as it can be said."""
    if not on_their_way:
        return ""
    if not alive:
        return "No worker is running, so nothing moves. Nothing is lost: it goes on when one is started."
    if left.unknown == len(on_their_way):
        return "How long it will take is known once their lengths are."
    takes = time_left(max(1, left.seconds)).removesuffix(" left").capitalize()
    more = f" {_count(left.unknown, 'recording')} of unknown length will add to that." if left.unknown else ""
    return f"{takes} of work is left at the present pace, if nothing else comes.{more}"


def _for_long(wait: timedelta) -> str:
    return f"for {span(wait)}" if wait >= timedelta(minutes=1) else "just arrived"


def _hand(
    worker: work.Worker, in_hand: Mapping[uuid.UUID, int], by_id: Mapping[uuid.UUID, Recording], now: datetime
) -> Hand:
    doing = [
        (_doing(by_id[identity], windows), by_id[identity])
        for identity, windows in in_hand.items()
        if identity in by_id and not recordings.waits(by_id[identity])
    ]
    words = tuple((words, recording) for words, recording in doing if words)
    return Hand(worker, span(now - worker.beat_at), words)


def _doing(recording: Recording, windows: int) -> str:
    """What is done with it here; nothing where this worker only waits for windows that others have."""
    words = STEP_WORDS[recording.step]
    words = words[0].lower() + words[1:]
    if recording.step is not Step.transcribe:
        return words
    return f"{words}, {_count(windows, 'window')}" if windows else ""


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
