"""F8 and F9: recordings that are cut on their way, and that are sent or completed twenty times at once."""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import requests
import sqlalchemy as sa

from app.models import Recording, Upload
from app.pipeline import housekeeping
from app.settings import PART_BYTES
from app.storage.keys import recording_key
from tests.browser.cutting import Cuts, cutting_proxy
from tests.chaos.holding import all_broken
from tests.chaos.place import TITLE, Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.trial import Trial

AT_ONCE = 20
A = TypeVar("A")
T = TypeVar("T")


def cut(trial: Trial) -> None:
    """The connection breaks inside parts, also after 0, 1 and all but one byte: only the rest is sent."""
    place = trial.place()
    sound = place.ground.sound("parts")
    size = min(PART_BYTES, sound.stat().st_size)
    offsets = [0, 1, size // 2, size - 1]
    offsets += [trial.rng.randrange(size) for _ in range(1 if trial.few else 16)]
    trial.rng.shuffle(offsets)
    cuts = Cuts(list(offsets))
    clients = 1 if trial.few else 3
    made: list[uuid.UUID] = []
    with place.running("web"), cutting_proxy(place.settings.port, cuts) as way:
        senders = [
            threading.Thread(target=send_over, args=(trial, place, way, made, number))
            for number in range(clients)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(200)
    trial.fault(cuts.done)
    trial.same(len(offsets), cuts.done, "cuts")
    trial.same(clients, len(made), "recordings that arrived")
    with place.running("worker"):
        trial.wait(place.all_told, 120, "everything ends")
    trial.broken += all_broken(place, dict.fromkeys(made, "parts"))


def send_over(trial: Trial, place: Place, way: str, made: list[uuid.UUID], number: int) -> None:
    """One browser behind a bad line. A copy of its own, so that each has an upload of its own."""
    copy = trial.folder / f"parts-{number}.wav"
    copy.write_bytes(place.ground.sound("parts").read_bytes())
    producer = Producer(place.url)
    producer.sign_in()
    upload = producer.begin(copy)
    behind = Producer(way, session=producer.session, token=producer.token)
    while True:
        try:
            behind.send(copy, upload)
        except requests.RequestException:
            there = producer.state(upload)["arrived"]
            trial.same(sorted(set(behind.taken)), sorted(there), "parts that have arrived after a cut")
        else:
            break
    twice = [part for part in set(behind.taken) if behind.taken.count(part) > 1]
    trial.same([], twice, "parts that were sent again though they had arrived")
    made.append(uuid.UUID(producer.complete(upload)["recording"]))


def abandoned(trial: Trial) -> None:
    """Nobody comes back: parts are kept for a week, then row and parts are let go."""
    place = trial.place()
    sound = place.ground.sound("parts")
    with place.running("web"):
        producer = Producer(place.url)
        producer.sign_in()
        upload = producer.begin(sound)
        producer.put(sound, upload, 1)
    trial.fault()
    for days, left in ((6, 1), (8, 0)):
        later = place.later(days=days)
        housekeeping.sweep(later)
        housekeeping.sweep_orphans(later)
        with place.backends.database.reading() as session:
            rows = session.scalar(sa.select(sa.func.count()).select_from(Upload))
        there = len(list(place.backends.store.abandoned(later.clock() + timedelta(days=1))))
        trial.same((left, left), (rows, there), f"rows and uploads in the store after {days} days")
    trial.broken += all_broken(place)


def at_once(trial: Trial) -> None:
    """The same recording begun and completed twenty times at the same moment: one answer, one recording."""
    place = trial.place()
    sound = place.ground.sound("short")
    rounds = 1 if trial.few else 3
    made = {}
    with place.running("web"):
        browsers = browsers_of(place)
        first = browsers[0]
        for number in range(rounds):
            copy = trial.folder / f"short-{number}.wav"
            copy.write_bytes(sound.read_bytes())
            begun = together(browsers, _said(lambda browser, copy=copy: browser.begin(copy, TITLE)["id"]))
            trial.same(1, len(set(begun)), f"uploads of one file begun {AT_ONCE} times")
            upload = first.begin(copy)
            together(
                browsers[:3], _said(lambda browser, copy=copy, upload=upload: browser.send(copy, upload))
            )
            answers = together(browsers, _said(lambda browser, upload=upload: browser.complete(upload)))
            trial.fault()
            trial.same(1, len({str(answer) for answer in answers}), "answers to one completion")
            found = answers[0]
            if isinstance(found, dict):
                made[uuid.UUID(found["recording"])] = "short"
    with place.backends.database.reading() as session:
        rows = session.scalars(sa.select(Recording.key)).all()
    trial.same(sorted(map(recording_key, made)), sorted(rows), "recordings")
    objects = [info.key for info in place.backends.store.list("recordings")]
    trial.same(sorted(rows), sorted(objects), "objects")
    with place.running("worker"):
        trial.wait(place.all_told, 90, "everything ends")
    trial.broken += all_broken(place, made)


def browsers_of(place: Place, number: int = AT_ONCE) -> list[Producer]:
    """So many windows of one person who has signed in."""
    first = Producer(place.url)
    first.sign_in()
    made = []
    for _ in range(number):
        copied = requests.Session()
        copied.cookies.update(first.session.cookies)
        made.append(Producer(place.url, session=copied, token=first.token))
    return made


def together(asking: Sequence[A], ask: Callable[[A], T]) -> list[T]:
    """What each is told when all ask at the same moment, in their order."""
    barrier = threading.Barrier(len(asking))

    def one(who: A) -> T:
        barrier.wait()
        return ask(who)

    with ThreadPoolExecutor(len(asking)) as pool:
        return list(pool.map(one, asking))


def _said(ask: Callable[[Producer], object]) -> Callable[[Producer], object]:
    """What it gives, or why not in words."""

    def one(browser: Producer) -> object:
        try:
            return ask(browser)
        except (Refused, requests.RequestException) as error:
            return str(error)

    return one
