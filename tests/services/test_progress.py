"""How long a recording will take, as far as that can be known."""

import uuid

import pytest
from sqlalchemy.orm import Session

from app.models import EpisodeKind, Recording, RecordingState, Step
from app.services import drafts, recordings, uploads
from app.services.progress import WAITS, progress
from tests.factories import make_account, make_community, make_membership, make_show
from tests.fakes import SetClock


@pytest.fixture
def make(session: Session, clock: SetClock):
    """Makes recordings of an hour."""
    show = make_show(session, make_community(session))
    owner = make_account(session, is_owner=True)
    make_membership(session, owner, show.community, "facilitator")

    def one(title: str, duration_ms: int | None = 3_600_000) -> Recording:
        episode = drafts.create(session, show, title, EpisodeKind.episode, owner, clock())
        clock.move(seconds=1)
        row = uploads.receive(session, episode, owner, uuid.uuid4(), "a.wav", 1000, ("1", clock()), clock())
        row.duration_ms = duration_ms
        session.flush()
        return row

    return one


def test_the_pace_is_that_since_the_step_was_begun_again(session: Session, clock: SetClock, make) -> None:
    row = make("Night")
    recordings.enter(session, row, Step.transcribe, clock())
    row.progress = 0.5
    clock.move(hours=10)  # nobody worked

    recordings.enter(session, row, Step.transcribe, clock())
    left_s = progress(row, clock()).seconds_left
    assert left_s is not None
    assert 100 < left_s < 200  # half an hour of sound, at the pace that is usual
    clock.move(seconds=60)
    row.progress = 0.6
    left_s = progress(row, clock()).seconds_left
    assert left_s is not None
    assert 235 < left_s < 250
    assert row.progress_at_start == 0.5


def test_a_step_that_begins_anew_begins_at_nothing(session: Session, clock: SetClock, make) -> None:
    row = make("Night")
    recordings.enter(session, row, Step.master, clock())
    row.progress = 0.7
    recordings.enter(session, row, Step.master, clock())

    assert (row.progress, row.progress_at_start) == (0.0, 0.0)


def test_what_waits_counts_what_is_before_it(session: Session, clock: SetClock, make) -> None:
    first, second = make("First"), make("Second")
    recordings.enter(session, first, Step.master, clock())
    alone = progress(first, clock()).seconds_left
    waiting = progress(second, clock())
    assert waiting.words == WAITS
    assert alone is not None
    assert waiting.seconds_left is not None
    assert waiting.seconds_left > alone  # the whole of its own, and the rest of the mastering before it

    first.state = RecordingState.ready
    session.flush()
    assert waiting.seconds_left - (progress(second, clock()).seconds_left or 0) == pytest.approx(72, abs=2)


def test_nothing_is_promised_while_a_length_is_unknown_or_something_is_away(
    session: Session, clock: SetClock, make
) -> None:
    first, second = make("First", None), make("Second")
    assert progress(first, clock()).seconds_left is None
    assert progress(second, clock()).seconds_left is None

    recordings.enter(session, second, Step.windows, clock())
    second.reason = "The speech model is not there yet."
    now = progress(second, clock())
    assert (now.words, now.seconds_left) == (second.reason, None)
