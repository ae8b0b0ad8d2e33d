"""F5 on SQLite: the database is held by others, or cannot be written. Pages are served, nothing is lost."""

import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests
import sqlalchemy as sa

from app.models import Episode
from tests.chaos.holding import all_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.trial import Trial

PAGES = ("/", "/shows/rounds", "/shows/rounds/feed.xml", "/sign-in")


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Another process's transaction, which keeps everybody from writing for the length of the block."""
    other = sqlite3.connect(place.data / "hearth.db", isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def published(trial: Trial) -> tuple[Place, dict[object, str]]:
    """A service with one public episode."""
    place = trial.place()
    sounds: dict[object, str] = {place.hand_in("short"): "short"}
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the first recording is published")
    return place, sounds


def pages_are_there(trial: Trial, producer: Producer, when: str) -> None:
    """Each page is served, or says politely when to come back."""
    for page in PAGES:
        began_s = time.monotonic()
        answer = producer.get(page)
        polite = answer.status_code == 503 and "Retry-After" in answer.headers
        trial.expect(answer.status_code == 200 or polite, f"{page} gave {answer.status_code} {when}")
        trial.expect(
            time.monotonic() - began_s < 10, f"{page} took {time.monotonic() - began_s:.0f} s {when}"
        )


def locked(trial: Trial) -> None:
    """Another process holds the write lock again and again; titles that were saved are all there."""
    place, sounds = published(trial)
    place.tell(Orders(window_s=0.4))
    sound = "short" if trial.few else "long"
    sounds[place.hand_in(sound)] = sound
    journal: list[str] = []
    over = threading.Event()
    with place.running("web"), place.running("worker"):
        producer = Producer(place.url)
        producer.sign_in()
        writer = threading.Thread(target=_write, args=(place, journal, over))
        writer.start()
        trial.wait(lambda: journal, 60, "something is written")
        for _ in range(2 if trial.few else 4):
            with held(place):
                pages_are_there(trial, producer, "while the database is held")
                time.sleep(trial.rng.uniform(0.3, 2.5))
            trial.fault()
            time.sleep(trial.rng.uniform(0.1, 0.5))
        over.set()
        writer.join(60)
        trial.wait(place.all_told, 90, "everything ends")
    with place.backends.database.reading() as session:
        titles = set(session.scalars(sa.select(Episode.title)))
    trial.same([], [title for title in journal if title not in titles], "saved and lost")
    trial.broken += all_broken(place, sounds, deaths=0)


def _write(place: Place, journal: list[str], over: threading.Event) -> None:
    """Begin uploads and cancel them, and note each answer: what was said to be kept must be there."""
    producer = Producer(place.url)
    producer.again_and_again(producer.sign_in)
    number = 0
    while not over.is_set():
        number += 1
        path = place.data.parent / f"small-{number}.wav"
        path.write_bytes(place.ground.sound("short").read_bytes()[: 200_000 + number])
        upload = producer.begin(path, title=f"Kept {number}")
        producer.send(path, upload)
        producer.complete(upload)
        journal.append(f"Kept {number}")
        time.sleep(0.5)


def held_for_long(trial: Trial) -> None:
    """A lock that outlasts all patience: saving is refused in words, reading goes on, then all is well."""
    place, sounds = published(trial)
    with place.running("web"), place.running("worker") as worker:
        trial.wait(lambda: "started" in worker.said(), 60, "a worker starts")
        producer = Producer(place.url)
        producer.sign_in()
        with held(place):
            trial.fault()
            refused: list[Refused] = []
            asking = threading.Thread(target=_refused, args=(producer, place, refused))
            asking.start()
            pages_are_there(trial, Producer(place.url), "while the database is held for long")
            asking.join(60)
        trial.expect(refused and refused[0].status == 503 and refused[0].retry_after, f"saving: {refused}")
        sounds[place.hand_in("short")] = "short"
        upload = producer.again_and_again(lambda: producer.begin(place.ground.sound("short")))
        producer.cancel(upload)
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place, sounds)


def _refused(producer: Producer, place: Place, refused: list[Refused]) -> None:
    try:
        producer.begin(place.ground.sound("short"))
    except Refused as error:
        refused.append(error)


def read_only(trial: Trial) -> None:
    """The service starts on a disk that can only be read: it serves or says so in words, then recovers."""
    place, sounds = published(trial)
    for _ in range(1 if trial.few else 2):
        sounds[place.hand_in("short")] = "short"
        place.close()
        subprocess.run(["mount", "--bind", place.data, place.data], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", place.data], check=True)
        trial.fault()
        web = place.start("web")
        trial.wait(lambda web=web: not web.is_alive() or _answers(place), 30, "web answers or ends")
        if web.is_alive():
            pages_are_there(trial, Producer(place.url), "while the disk can only be read")
        else:
            trial.expect("Traceback" not in web.said(), f"web ended with {web.said()[-400:]}")
        web.kill()
        subprocess.run(["umount", "--lazy", place.data], check=True)
    with place.running("web"), place.running("worker"):
        producer = Producer(place.url)
        producer.sign_in()
        producer.cancel(producer.begin(place.ground.sound("short")))
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place, sounds)


def _answers(place: Place) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{place.url}/robots.txt", timeout=5).status_code > 0
    return False
