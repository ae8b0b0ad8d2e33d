"""F12: machines whose clocks are a day off. What is due is due by the database's clock, once.

The clocks of summer and winter time: tests/web/test_schedule.py. (On SQLite the database's clock is that of
the machine it lies on; what differs here is the clock that each process asks by itself.)
"""

import time
from datetime import timedelta

import sqlalchemy as sa

from app.backends import utc_now
from app.db import now_of_database
from app.models import Episode, Notice, WorkerRow
from app.services import episodes
from tests.chaos.holding import all_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial

DAY_S = 24 * 3600.0


def skewed(trial: Trial) -> None:
    """Worker and web a day ahead or behind: an embargo holds, a time comes once, leases stay alive."""
    place = trial.place()
    sounds: dict[object, str] = {place.hand_in("short"): "short"}
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the first recording is published")
    for skew_s in (DAY_S,) if trial.few else (DAY_S, -DAY_S, 400 * DAY_S):
        place.tell(Orders(clock_s=skew_s))
        recording_id = place.hand_in("short")
        sounds[recording_id] = "short"
        soon = utc_now() + timedelta(seconds=25)
        with place.backends.database.begin() as session:
            episode = session.get_one(Episode, place.recording(recording_id).episode_id)
            episodes.schedule(session, episode, soon, place.account(), utc_now())
        with place.running("web"), place.running("worker"):
            trial.fault(2)
            trial.wait(place.all_told, 60, "everything ends")
            _beats(trial, place)
            _appears(trial, place, episode, 25 + 60)
        place.tell(Orders())
    with place.backends.database.reading() as session:
        told = session.execute(
            sa.select(Notice.episode_id, sa.func.count()).group_by(Notice.episode_id)
        ).all()
    trial.same([], [row for row in told if row[1] != 1], "notices")
    trial.broken += all_broken(place, sounds)


def _beats(trial: Trial, place: Place) -> None:
    """The worker's lease is written by the database's clock."""
    with place.backends.database.reading() as session:
        beat = session.scalars(sa.select(WorkerRow.beat_at)).one()
        age = abs((now_of_database(session) - beat).total_seconds())
    trial.expect(age < 30, f"the worker's lease is {age:.0f} s off")


def _appears(trial: Trial, place: Place, episode: Episode, limit_s: float) -> None:
    """It is not there before its time, and there afterwards."""
    producer = Producer(place.url)
    path = f"/shows/rounds/{place_slug(place, episode)}"
    with place.backends.database.reading() as session:
        due_at = session.get_one(Episode, episode.id).public_from
    assert due_at is not None
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        feed = producer.get("/shows/rounds/feed.xml").text
        status = producer.get(path).status_code
        early = utc_now() < due_at - timedelta(seconds=1)
        if early:
            trial.expect(status == 404, f"the page gave {status} before its time")
            trial.expect(str(episode.guid) not in feed, "the feed had it before its time")
        elif status == 200:
            return
        time.sleep(0.5)
    trial.expect(False, f"{path} never appeared")


def place_slug(place: Place, episode: Episode) -> str:
    """The address's last part."""
    with place.backends.database.reading() as session:
        return session.get_one(Episode, episode.id).slug
