"""The owner's page of work: what is said of each state, and trying again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, AuditEntry, Recording, RecordingState, Step
from app.pipeline import engine
from app.services import work
from app.services.work import Pace
from tests.factories import WHEN, make_account, make_episode, make_recording
from tests.fakes import SetClock
from tests.web.places import client_of
from tests.web.working import Working, make_worker, make_working


@pytest.fixture
def owner(session: Session) -> Account:
    """Who looks."""
    account = make_account(session, name="Olu Owner", is_owner=True)
    session.commit()
    return account


@pytest.fixture
def browser(app, owner: Account) -> tuple[FlaskClient, str]:
    """The owner's, and its token."""
    return client_of(app, owner)


@pytest.fixture
def text(browser: tuple[FlaskClient, str]) -> Callable[[], str]:
    """The page as it is now, its spaces made one."""
    return lambda: " ".join(browser[0].get("/studio/work").text.split())


@pytest.fixture
def working(session: Session) -> Working:
    """A service at work."""
    made = make_working(session)
    session.commit()
    return made


def test_an_idle_service_says_so(text: Callable[[], str], session: Session) -> None:
    without = text()
    make_worker(session, "ward-0", silent_s=4)
    session.commit()

    assert "Nothing is in work, nothing waits, nothing has stopped; no worker running." in without
    assert "No worker is running. Recordings are received and kept" in without
    assert "nothing has stopped; 1 worker running." in text()
    assert "Has nothing to do at the moment." in text()
    assert "last heard of 4 seconds ago" in text() or "last heard of 5 seconds ago" in text()


def test_each_state_is_told_in_words(text: Callable[[], str], working: Working, clock: SetClock) -> None:
    clock.move(minutes=12)

    page = text()

    assert "2 stopped, 2 in work, 2 waiting; 2 workers running." in page
    assert "The longest wait is 12 minutes." in page
    assert page.count(">Try again<") == 2
    assert working.failed.reason in page
    assert engine.workflow_id(working.failed) in page
    for one in (working.mastered, working.transcribed, working.waiting, working.failed, working.poison):
        assert f'/studio/episodes/{one.episode_id}">{one.episode.title}</a>' in page
    assert "Handover at the bedside</a>: levelling the sound</li>" in page
    assert "What carers know</a>: writing down every word, 1 window</li>" in page
    assert "What carers know</a>: writing down every word, 2 windows</li>" in page
    assert page.count("Running</strong>") == 2
    assert page.count("Silent</strong>") == 1
    assert "of work is left at the present pace" in page
    assert "1 recording of unknown length will add to that." in page


def test_without_a_worker_it_says_that_nothing_moves(text: Callable[[], str], session: Session) -> None:
    make_recording(session, make_episode(session), state=RecordingState.working, step=Step.receive)
    session.commit()

    assert "No worker is running, so nothing moves." in text()


def test_trying_again_begins_anew_and_leaves_an_entry(
    browser: tuple[FlaskClient, str], working: Working, session: Session, text: Callable[[], str]
) -> None:
    client, token = browser
    path = f"/studio/work/{working.failed.id}/again"

    answer = client.post(path, headers={"X-CSRFToken": token})
    again = client.post(path, headers={"X-CSRFToken": token})

    session.expire_all()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/studio/work")
    assert again.status_code == 409
    assert (working.failed.state, working.failed.attempt) == (RecordingState.working, 2)
    assert engine.is_open(session, working.failed)
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.who, entry.what, entry.subject) == (
        "Olu Owner",
        "tried the recording again",
        "Falls and frailty",
    )
    assert "1 stopped, 2 in work, 3 waiting" in text()


def test_what_was_binned_or_sent_again_is_not_among_the_stopped(session: Session) -> None:
    def failed(title: str) -> Recording:
        episode = make_episode(session, title=title)
        return make_recording(session, episode, state=RecordingState.failed, finished_at=WHEN)

    kept, binned, replaced = failed("kept"), failed("binned"), failed("replaced")
    binned.episode.deleted_at = WHEN
    newer = make_recording(session, replaced.episode, state=RecordingState.ready)
    newer.created_at = WHEN + timedelta(hours=1)
    session.flush()

    assert [kept] == work.failed(session)


def test_how_long_it_takes_follows_the_pace_and_the_slots(session: Session) -> None:
    recording = make_recording(session, make_episode(session), state=RecordingState.working)
    recording.step, recording.progress, recording.duration_ms = Step.transcribe, 0.5, 3_600_000
    one = make_worker(session, "a", slots=2)
    workers = work.workers(session, one.beat_at)

    assert work.left([recording], workers, Pace(speech=0.1)).seconds == 90
    assert work.left([recording], [*workers, *workers], Pace(speech=0.1)).seconds == 45
    recording.step = Step.receive
    assert work.left([recording], workers, Pace(reading=0.05, speech=0.1)).seconds == 360


def test_the_pace_is_what_workers_have_measured_once_that_is_enough() -> None:
    def measured(work_s: float, sound_s: float) -> dict[str, list[object]]:
        labels = {"step": "transcribe"}
        return {
            "hearth_work_seconds": [["hearth_work_seconds_total", labels, work_s]],
            "hearth_sound_seconds": [["hearth_sound_seconds_total", labels, sound_s]],
        }

    assert work.pace({}) == Pace()
    assert work.pace({"a": measured(1, 10)}) == Pace()
    assert work.pace({"a": measured(10, 100), "b": measured(20, 100)}).speech == pytest.approx(0.15)
