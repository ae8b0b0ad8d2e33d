"""F1 and F13: processes killed at seeded moments, and at every numbered point of what they do."""

import time
import uuid
from datetime import timedelta

import sqlalchemy as sa

from app.models import Episode, EpisodeState
from app.services import episodes
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.keeping import Kept
from tests.chaos.orders import Orders, labels
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial

#: A point that nobody reaches any more is not waited for longer.
_LIMIT_S = 60.0


def worker_at_seeded_moments(trial: Trial) -> None:
    """SIGKILL while recordings are at work; each ends as if nothing had been."""
    place = trial.place()
    place.tell(Orders(window_s=0.6))
    sounds = {place.hand_in("long"): "long", place.hand_in("short"): "short"}
    kills = 3 if trial.few else 10
    for _ in range(kills):
        with place.running("worker") as worker:
            trial.wait(lambda: "started" in worker.said(), 60, "a worker starts")
            time.sleep(trial.rng.uniform(0.0, 1.2))
            worker.kill()
            trial.fault()
        trial.broken += still_broken(place)
    place.tell(Orders())
    _finish(trial, place)
    trial.broken += all_broken(place, sounds, deaths=kills)


def worker_at_every_point(trial: Trial) -> None:
    """SIGKILL before and after each commit and each write of the pipeline, one after the other."""
    place, points = trial.place(), trial.folder / "points"
    only = ["put_file", "of join"] if trial.few else []
    place.tell(Orders(killed=str(points), only=only))
    sounds = {place.hand_in("short"): "short"}
    while True:
        before = len(labels(points))
        with place.running("worker") as worker:
            trial.wait(lambda: not worker.is_alive() or place.all_told(), _LIMIT_S, "it dies or ends")
        if len(labels(points)) == before:
            break
        trial.fault()
        trial.broken += still_broken(place)
    windows = sum("of transcribe" in label for label in labels(points))
    trial.expect(len(labels(points)) >= (6 if trial.few else 30), f"only {len(labels(points))} points")
    trial.broken += all_broken(place, sounds, deaths=windows)


def web_at_every_point(trial: Trial) -> None:
    """SIGKILL before and after each write of an upload; asked again, there is one recording."""
    place, points = trial.place(), trial.folder / "points"
    place.tell(Orders(killed=str(points), only=["upload_complete"] if trial.few else []))
    producer = Producer(place.url)
    sound = place.ground.sound("short")
    with Kept(trial, place, points):
        producer.again_and_again(producer.sign_in)
        given_up = producer.begin_again_and_again(place.ground.sound("long"))
        producer.again_and_again(lambda: producer.cancel(given_up))
        upload = producer.begin_again_and_again(sound)
        producer.again_and_again(lambda: producer.send(sound, upload))
        first = producer.again_and_again(lambda: producer.complete(upload))
        trial.same(first, producer.complete(upload), "completing once more gives")
    place.tell(Orders())
    _finish(trial, place)
    trial.broken += all_broken(place, {uuid.UUID(str(first["recording"])): "short"})


def sweep_at_every_point(trial: Trial) -> None:
    """SIGKILL before and after each write of a sweep and of tags that are written anew."""
    place, points = trial.place(), trial.folder / "points"
    kept, binned = place.hand_in("short"), place.hand_in("short")
    _finish(trial, place)
    with place.backends.database.begin() as session:
        who = place.account()
        gone = session.get_one(Episode, place.recording(binned).episode_id)
        episodes.to_bin(session, gone, who, place.backends.clock())
        gone.deleted_at = place.backends.clock() - timedelta(days=31)
        renamed = session.get_one(Episode, place.recording(kept).episode_id)
        renamed.title, renamed.changed_at = "The ward at night", place.backends.clock()
    for part, clock_s in (("tags", 0.0), ("sweep", 3 * 24 * 3600.0)):
        place.tell(Orders(killed=str(points), clock_s=clock_s))
        while True:
            before = len(labels(points))
            with place.running(part) as sweeping:
                trial.wait(lambda: not sweeping.is_alive(), _LIMIT_S, f"{part} ends")
            if len(labels(points)) == before:
                break
            trial.fault()
            trial.broken += still_broken(place)
    with place.backends.database.reading() as session:
        left = session.scalars(sa.select(Episode)).all()
        trial.same([EpisodeState.published], [row.state for row in left], "episodes after the sweep")
    trial.broken += all_broken(place)


def _finish(trial: Trial, place: Place) -> None:
    with place.running("worker"):
        trial.wait(place.all_told, _LIMIT_S, "everything ends")
