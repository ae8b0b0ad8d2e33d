"""F6: the store does not answer, answers too late, or its answer is lost, at each of its calls."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

from app.models import PublishWish
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.orders import Orders, StoreFault
from tests.chaos.place import Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.trial import Trial

#: What the pipeline asks of the store, and which of those calls go wrong: the first, and one later.
WORK = (
    ("download", 1),
    ("put_file", 1),
    ("put_file", 3),
    ("local_path", 1),
    ("read_range", 1),
    ("delete", 1),
)
#: What an upload asks: its beginning, the first, a middle and the last part, the joining. What failed is
#: asked again, and counts again; of a part whose answer was lost nothing is.
SENDING = (("begin", 1), ("receive_part", 1), ("receive_part", 3), ("receive_part", 5), ("complete", 1))


def under_the_worker(trial: Trial) -> None:
    """Each call of the pipeline fails once before and once after it was done: waited out, nothing burnt."""
    place = trial.place()
    faults = []
    for (operation, first), mode in product(WORK[:3] if trial.few else WORK, ("down", "cut")):
        faults.append(StoreFault(operation, mode, first if mode == "down" else first + 1))
    if not trial.few:
        faults += [StoreFault("put_file", "slow", 5), StoreFault("download", "slow", 3)]
    place.tell(Orders(store=faults))
    sounds = {place.hand_in("short"): "short"}
    with place.running("worker"):
        trial.wait(place.all_told, 150, "everything ends")
    trial.fault(len(faults))
    trial.broken += all_broken(place, sounds, deaths=2)


def under_an_upload(trial: Trial) -> None:
    """Each call of an upload fails: said in words, and sent again with what is missing only."""
    place = trial.place()
    wanted = SENDING[1:2] + SENDING[4:] if trial.few else SENDING
    made = []
    with place.running("web"):
        producer = Producer(place.url)
        producer.sign_in()
        for mode in ("down", "cut"):
            faults = [StoreFault(name, mode, first) for name, first in wanted]
            if mode == "cut":  # it has arrived: what comes next is the next part
                faults = [replace(fault, first=(fault.first + 1) // 2) for fault in faults]
            made.append(_one(trial, place, producer, faults))
    with place.running("worker"):
        trial.wait(place.all_told, 120, "everything ends")
    trial.broken += all_broken(place, dict.fromkeys(made, "parts"))


def _one(trial: Trial, place: Place, producer: Producer, faults: list[StoreFault]) -> uuid.UUID:
    """One upload over which these calls fail; the id of the recording that comes of it."""
    sound = trial.folder / f"{faults[0].mode}.wav"
    sound.write_bytes(place.ground.sound("parts").read_bytes())
    place.tell(Orders(store=faults))
    refused: list[Refused] = []

    def again(ask: Callable[[], Any]) -> Any:
        while True:
            try:
                return ask()
            except Refused as error:
                if error.status < 500 or len(refused) > 2 * len(faults):
                    raise
                refused.append(error)

    upload = again(lambda: producer.begin(sound, wish=PublishWish.when_ready.value))
    producer.taken.clear()
    again(lambda: producer.send(sound, upload))
    answer = again(lambda: producer.complete(upload))
    trial.fault(len(faults))
    trial.same(len(faults), len(refused), f"refusals of {faults}")
    for error in refused:
        trial.same((503, True), (error.status, bool(error.retry_after)), "a store that fails is answered by")
    trial.same(sorted(set(producer.taken)), sorted(producer.taken), "parts that were taken in")
    place.tell(Orders())
    return uuid.UUID(answer["recording"])


def taken_away(trial: Trial) -> None:
    """The store's disk is gone for a while: pages are there, nothing is failed, and all goes on by itself."""
    place = trial.place()
    sounds = {place.hand_in("short"): "short"}
    there, away = place.data / "store", place.data / "away"
    with place.running("web"), place.running("worker") as worker:
        trial.wait(place.all_told, 60, "the first recording is published")
        producer = Producer(place.url)
        producer.sign_in()
        feed = producer.get("/shows/rounds/feed.xml").text
        path = feed.partition('<enclosure url="')[2].partition('"')[0].removeprefix(place.url)
        for _ in range(1 if trial.few else 3):
            sounds[place.hand_in("short")] = "short"
            there.rename(away)
            trial.fault()
            time.sleep(trial.rng.uniform(0.3, 2.0))
            for page in ("/", "/shows/rounds", "/shows/rounds/feed.xml"):
                trial.same(200, producer.get(page).status_code, f"{page} while the store is away")
            trial.wait(lambda: producer.get("/health").status_code == 503, 15, "health says so")
            trial.same(503, producer.get(path).status_code, "the sound while the store is away")
            away.rename(there)
            trial.wait(place.all_told, 90, "work goes on by itself")
            trial.broken += still_broken(place)
        trial.expect(worker.is_alive(), "the worker did not outlive it")
        trial.same(200, producer.get(path).status_code, "the sound afterwards")
    trial.broken += all_broken(place, sounds)
