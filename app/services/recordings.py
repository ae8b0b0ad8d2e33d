"""The way of a recording as rows: which step it is in, what was found, why it stopped."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.db import may_write
from app.errors import Conflict, NotFound
from app.models import (
    Account,
    ChildDeath,
    Enclosure,
    Episode,
    FormerEnclosure,
    Notice,
    Recording,
    RecordingState,
    Show,
    Step,
    Window,
)
from app.services import access

#: How often a child may die by a signal or limit over one step of one recording.
DEATHS_ALLOWED = 2

#: What the producer reads after taking an episode out of the bin again.
INTERRUPTED = "The episode was moved to the bin while its recording was on its way. Try again to go on."

#: The steps that read sound: one recording after the other.
READING_STEPS = (Step.receive, Step.inspect, Step.master)

#: What the producer reads of a recording after which another one was sent.
REPLACED = "Another recording was sent after this one."


def get(session: Session, recording_id: uuid.UUID, *, hold: bool = False) -> Recording:
    """With `hold` nobody else changes its row until this transaction ends. Raises NotFound."""
    recording = session.get(Recording, recording_id, with_for_update=hold or None)
    if recording is None:
        raise NotFound("This recording is no longer there.")
    return recording


def to_make(session: Session, recording_id: uuid.UUID, account: Account) -> Recording:
    """A recording of an episode that this account may edit. Raises NotFound, NotAllowed.

    Whoever may write holds it: of twenty who ask to try again at once, one is told yes.
    """
    recording = get(session, recording_id, hold=may_write(session))
    access.require_making(session, account, recording.episode.show.community_id)
    return recording


def in_work(
    session: Session, recording_id: uuid.UUID, attempt: int, *, hold: bool = False
) -> Recording | None:
    """The recording, if this attempt is still wanted; None after "try again", a refusal or a deletion.

    With its episode, show and community, by one statement: every step asks.
    With `hold` nobody else changes its row until this transaction ends.
    """
    whole = joinedload(Recording.episode, innerjoin=True).joinedload(Episode.show, innerjoin=True)
    recording = session.get(
        Recording,
        recording_id,
        options=[whole.joinedload(Show.community, innerjoin=True)],
        with_for_update={"of": Recording} if hold else None,
    )
    if recording is None or recording.attempt != attempt or recording.state is not RecordingState.working:
        return None
    if recording.episode.deleted_at is not None:
        return None
    return recording


def has_arrived(session: Session, recording_id: uuid.UUID, attempt: int) -> bool:
    """Whether this attempt went all the way."""
    recording = session.get(Recording, recording_id)
    return recording is not None and recording.attempt == attempt and recording.state is RecordingState.ready


def is_past(recording: Recording, step: Step) -> bool:
    """Whether the recording is in a later step: whoever still comes with this one was overtaken."""
    order = list(Step)
    return order.index(recording.step) > order.index(step)


def enter(session: Session, recording: Recording, step: Step, now: datetime) -> None:
    """The recording is now in this step: for the first time, or again after its worker was away.

    Windows that are done stay done; every other step begins anew.
    """
    if recording.step is not step or step is not Step.transcribe:
        recording.progress = 0.0
    recording.step = step
    recording.step_started_at = now
    recording.progress_at_start = recording.progress
    recording.reason = ""
    session.flush()


def wait_for_turn(recording: Recording) -> None:
    """Nothing happens with it before others are done."""
    recording.step_started_at = None


def waits(recording: Recording) -> bool:
    """Whether it waits for others: for a worker, or for the one turn to read sound."""
    reads = recording.step in READING_STEPS
    return recording.state is RecordingState.working and reads and recording.step_started_at is None


def report(session: Session, recording_id: uuid.UUID, attempt: int, step: Step, fraction: float) -> None:
    """How far the step is, 0 to 1. Does nothing once the recording has gone on, stopped or begun again."""
    session.execute(
        sa.update(Recording)
        .where(
            Recording.id == recording_id,
            Recording.attempt == attempt,
            Recording.step == step,
            Recording.state == RecordingState.working,
        )
        .values(progress=max(0.0, min(1.0, fraction)))
    )


def child_died(session: Session, recording: Recording, step: Step, last_words: str) -> bool:
    """Count a death; whether the step may be tried once more."""
    row = session.get(ChildDeath, (recording.id, step.value, recording.attempt))
    if row is None:
        row = ChildDeath(recording_id=recording.id, step=step.value, attempt=recording.attempt, count=0)
        session.add(row)
    row.count += 1
    row.last_words = last_words[:2000]
    session.flush()
    return row.count < DEATHS_ALLOWED


def stop(session: Session, recording: Recording, state: RecordingState, reason: str, now: datetime) -> None:
    """Refused or failed: what was received stays, the producer is told, "try again" is offered."""
    recording.state = state
    recording.reason = reason
    recording.finished_at = now
    tell(session, recording.episode, state.value, reason, now)
    session.flush()


def finish(session: Session, recording: Recording, now: datetime) -> None:
    """The transcript is there and searchable."""
    recording.state = RecordingState.ready
    recording.reason = ""
    recording.progress = 1.0
    recording.finished_at = now
    session.flush()


def interrupt(session: Session, episode: Episode, now: datetime) -> None:
    """The episode goes to the bin: its recordings stop on their way, without a word to anybody."""
    session.execute(
        sa.update(Recording)
        .where(Recording.episode_id == episode.id, Recording.state == RecordingState.working)
        .values(state=RecordingState.failed, reason=INTERRUPTED, finished_at=now)
    )


def make_way(session: Session, recording: Recording, now: datetime) -> None:
    """A new recording has come: older ones of its episode that are on their way stop, without a word."""
    session.execute(
        sa.update(Recording)
        .where(
            Recording.episode_id == recording.episode_id,
            Recording.id != recording.id,
            Recording.state == RecordingState.working,
        )
        .values(state=RecordingState.failed, reason=REPLACED, finished_at=now)
    )


def is_replaced(session: Session, recording: Recording) -> bool:
    """Whether a recording that was sent later counts, or will: this one must not take its place.

    What was sent again without a name must not be undone by the recording that had the name in it.
    """
    later = Recording.created_at > recording.created_at
    counts = Recording.state.in_((RecordingState.working, RecordingState.ready))
    return bool(
        session.scalar(
            sa.select(sa.exists().where(Recording.episode_id == recording.episode_id, later, counts))
        )
    )


def tell(session: Session, episode: Episode, kind: str, text: str, now: datetime) -> None:
    """A notice in the studio for whoever made the episode."""
    if episode.created_by is not None:
        session.add(
            Notice(account_id=episode.created_by, episode_id=episode.id, kind=kind, text=text, created_at=now)
        )


def working(session: Session) -> list[Recording]:
    """All recordings on their way."""
    return list(session.scalars(sa.select(Recording).where(Recording.state == RecordingState.working)))


def try_again(session: Session, recording: Recording, now: datetime) -> None:
    """A new attempt from the first step; the caller enqueues it in the same transaction.

    Raises Conflict while the recording is working or ready.
    """
    if recording.state not in (RecordingState.failed, RecordingState.refused):
        raise Conflict("This recording is not waiting for another try.")
    if is_replaced(session, recording):
        raise Conflict("Another recording was sent after this one, and counts instead of it.")
    begin_anew(session, recording, now)


def begin_anew(session: Session, recording: Recording, now: datetime) -> None:
    """A new attempt from the first step, whatever became of the last; the caller enqueues it."""
    recording.attempt += 1
    recording.state = RecordingState.working
    recording.reason = ""
    recording.step = Step.receive
    recording.step_started_at = None
    recording.queued_at = now
    recording.progress = 0.0
    recording.finished_at = None
    session.flush()


def keep_inspection(session: Session, recording: Recording, found: dict[str, Any]) -> None:
    """What app.audio.inspect found, for the page and for the next step."""
    recording.inspection = found
    recording.container = str(found["container"])
    recording.codec = str(found["codec"])
    recording.duration_ms = int(found["duration_ms"])
    session.flush()


def keep_enclosure(session: Session, recording: Recording, enclosure: Enclosure) -> None:
    """The enclosure made in this attempt, in place of one of an earlier attempt."""
    old = session.scalar(sa.select(Enclosure).where(Enclosure.recording_id == recording.id))
    if old is not None and old.sha256 == enclosure.sha256:
        enclosure = old
    elif old is not None:
        remember_address(session, old, enclosure.created_at)
        for name in (
            "key", "size_bytes", "sha256", "duration_ms", "channels", "bit_rate_bps", "loudness_lufs",
            "true_peak_dbtp", "gain_db", "note", "waveform", "tags_digest", "tagged_at", "created_at",
        ):  # fmt: skip
            setattr(old, name, getattr(enclosure, name))
        enclosure = old
    else:
        session.add(enclosure)
    recording.duration_ms = enclosure.duration_ms
    session.flush()


def remember_address(session: Session, enclosure: Enclosure, now: datetime) -> None:
    """An enclosure's address that listeners may still ask for once it is replaced."""
    session.merge(
        FormerEnclosure(
            episode_id=enclosure.episode_id, sha256=enclosure.sha256, key=enclosure.key, replaced_at=now
        )
    )


def plan(
    session: Session, recording: Recording, spans: list[tuple[int, int]], language: str, confidence: float
) -> int:
    """Write the windows of this attempt (once); how many there are."""
    recording.language = language
    recording.language_confidence = confidence
    known = session.scalar(
        sa.select(sa.func.count())
        .select_from(Window)
        .where(Window.recording_id == recording.id, Window.attempt == recording.attempt)
    )
    if not known:
        session.add_all(
            Window(
                recording_id=recording.id,
                attempt=recording.attempt,
                number=number,
                start_ms=start_ms,
                end_ms=end_ms,
            )
            for number, (start_ms, end_ms) in enumerate(spans)
        )
        known = len(spans)
    session.flush()
    return known


def begin_window(session: Session, recording: Recording, number: int) -> tuple[int, int] | None:
    """Count a run of one window of the present attempt; its begin and end, or None where it is done."""
    begun = (
        sa.update(Window)
        .where(*_is_window(recording, number), Window.done_at.is_(None))
        .values(runs=Window.runs + 1)
        .returning(Window.start_ms, Window.end_ms)
    )
    row = session.execute(begun, execution_options={"synchronize_session": False}).one_or_none()
    return None if row is None else (row.start_ms, row.end_ms)


def _is_window(recording: Recording, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Window.recording_id == recording.id,
        Window.attempt == recording.attempt,
        Window.number == number,
    )


def windows_of(session: Session, recording: Recording) -> list[Window]:
    """All windows of the present attempt in their order."""
    return list(
        session.scalars(
            sa.select(Window)
            .where(Window.recording_id == recording.id, Window.attempt == recording.attempt)
            .order_by(Window.number)
        )
    )


def has_all_words(session: Session, recording: Recording) -> bool:
    """Whether every window of the present attempt is done; their words stay unread."""
    left = sa.exists().where(
        Window.recording_id == recording.id, Window.attempt == recording.attempt, Window.done_at.is_(None)
    )
    return not session.scalar(sa.select(left))


def keep_result(
    session: Session, recording: Recording, number: int, result: list[Any], now: datetime
) -> bool:
    """A window's segments; kept once. Whether it was the last, where the caller holds the recording.

    The bar moves by the sound that is done, not by the windows.
    """
    kept = sa.update(Window).where(*_is_window(recording, number), Window.done_at.is_(None))
    session.execute(kept.values(result=result, done_at=now), execution_options={"synchronize_session": False})
    done, whole, left = session.execute(
        sa.select(
            sa.func.sum(sa.case((Window.done_at.is_not(None), Window.end_ms - Window.start_ms), else_=0)),
            sa.func.sum(Window.end_ms - Window.start_ms),
            sa.func.sum(sa.case((Window.done_at.is_(None), 1), else_=0)),
        ).where(Window.recording_id == recording.id, Window.attempt == recording.attempt)
    ).one()
    report(session, recording.id, recording.attempt, Step.transcribe, float(done or 0) / float(whole or 1))
    return not left
