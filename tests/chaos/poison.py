"""F14 and F15: recordings that end the program that reads them, and speech that is slow or not there.

Hostile bytes by the thousand: tests/audio/test_fuzz.py and `./dev fuzz`.
"""

import signal
import time
from datetime import timedelta

import sqlalchemy as sa

from app.models import ChildDeath, EpisodeState, PublishWish, Recording, RecordingState
from app.pipeline.border import BROKEN
from tests.chaos.holding import all_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial
from tests.pipeline.making import every_child_ended

USUAL_S = 0.3
#: A program that crashes, is killed for its memory, or uses up its processor time.
SIGNALS = (signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU, signal.SIGABRT)


def poison(trial: Trial) -> None:
    """The child dies twice: the producer is told in words, the worker lives, others go on."""
    place = trial.place()
    sounds: dict[object, str] = {}
    with place.running("worker") as worker:
        trial.wait(lambda: "started" in worker.said(), 60, "a worker starts")
        for number in SIGNALS[:1] if trial.few else SIGNALS:
            with every_child_ended(worker.pid, number):
                recording_id = place.hand_in("short")
                trial.wait(lambda: place.working() == 0, 60, "the poison recording ends")
            trial.fault()
            row = place.recording(recording_id)
            trial.same((RecordingState.failed, BROKEN), (row.state, row.reason), f"after {number.name}")
            with place.backends.database.reading() as session:
                death = session.scalars(
                    sa.select(ChildDeath).where(ChildDeath.recording_id == recording_id)
                ).one_or_none()
            trial.same(2, death and death.count, f"attempts after {number.name}")
            sounds[place.hand_in("short")] = "short"
            trial.wait(place.all_told, 60, "the next recording ends")
            trial.expect(worker.is_alive(), f"the worker died of {number.name}")
    trial.broken += all_broken(place, sounds)


def deaf(trial: Trial) -> None:
    """The speech model is not there, then comes: "publish now" goes on, the rest waits and is not failed."""
    place = trial.place()
    place.tell(Orders(deaf=True))
    sounds = {place.hand_in("short"): "short", place.hand_in("short", PublishWish.now): "short"}
    with place.running("web"), place.running("worker"):
        trial.fault()
        _now_is_published(trial, place)
        time.sleep(2)
        trial.same(2, place.working(), "recordings that wait for the model")
        _queue_is_told(trial, place)
        place.tell(Orders())
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place, sounds)


def slow(trial: Trial) -> None:
    """Speech takes twenty times as long: what is published without waiting for it still is."""
    place = trial.place()
    place.tell(Orders(window_s=20 * USUAL_S))
    sounds = {place.hand_in("long"): "long"}
    with place.running("web"), place.running("worker"):
        trial.fault()
        trial.wait(lambda: any(_in_speech(place)), 60, "the slow recording is listened to")
        sounds[place.hand_in("short", PublishWish.now)] = "short"
        _now_is_published(trial, place)
        trial.expect(place.working(), "it was not slow")
        _queue_is_told(trial, place)
        trial.wait(place.all_told, 90, "everything ends")
    trial.broken += all_broken(place, sounds)


def _in_speech(place: Place) -> list[Recording]:
    with place.backends.database.reading() as session:
        rows = session.scalars(sa.select(Recording).where(Recording.state == RecordingState.working))
        return [row for row in rows if row.step.value == "transcribe"]


def _now_is_published(trial: Trial, place: Place) -> None:
    def published() -> bool:
        with place.backends.database.reading() as session:
            rows = session.scalars(sa.select(Recording)).all()
            return any(row.episode.state is EpisodeState.published for row in rows)

    trial.wait(published, 60, "what does not wait for its transcript is published")


def _queue_is_told(trial: Trial, place: Place) -> None:
    """The owner reads how long the oldest waits, and a day is an alarm."""
    producer = Producer(place.url)
    producer.sign_in()
    page = producer.get("/studio/health").text
    trial.expect("in work, the slowest in its present step for" in page, "the queue's age is not shown")
    trial.same("ok", producer.get("/health").json()["parts"]["work"], "the queue to begin with")
    with place.backends.database.begin() as session:
        rows = session.scalars(sa.select(Recording).where(Recording.state == RecordingState.working)).all()
        before = {row.id: row.step_started_at for row in rows}
        for row in rows:
            row.step_started_at = place.backends.clock() - timedelta(hours=25)
    time.sleep(5.5)  # monitors may get an answer that is five seconds old
    trial.same("not well", producer.get("/health").json()["parts"]["work"], "the queue after a day")
    with place.backends.database.begin() as session:
        for row in session.scalars(sa.select(Recording).where(Recording.id.in_(before))):
            row.step_started_at = before[row.id]
