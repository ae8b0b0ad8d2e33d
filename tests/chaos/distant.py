"""F6 and F8 on an S3 server: each call to it is refused, slow, cut, torn, or done without an answer."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from app.settings import PART_BYTES
from tests.chaos.bad_line import MODES, BadLine, Harm, bad_line
from tests.chaos.crew import settled
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.place import Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.trial import Trial
from tests.chaos.uploads import send_over

#: What the pipeline asks of the store; a speech file of over four minutes is sent in parts.
WORK = ("head", "get", "put", "begin", "put part", "complete", "delete")
#: What an upload asks, its parts by the browser.
SENDING = ("head", "begin", "list parts", "put part", "complete")
#: More than the S3 library tries by itself.
LASTING = 5


@contextmanager
def _far_away(trial: Trial) -> Iterator[tuple[Place, BadLine]]:
    """A service whose store lies behind a bad line, for browsers too."""
    servers = trial.ground.servers
    assert servers is not None
    with bad_line(servers.seaweed.endpoint) as line:
        url = servers.store_url(f"far-{uuid.uuid4().hex}", line.address)
        yield trial.place(HEARTH_STORE_URL=url), line


def under_the_worker(trial: Trial) -> None:
    """Each call of the pipeline goes wrong in every way, one after the other, and then the other way round.

    Its library tries four times by itself: what goes wrong once more is waited out by the pipeline.
    """
    with _far_away(trial) as (place, line):
        sounds: dict[object, str] = {}
        modes = [mode for mode in MODES if mode != "slow"]
        trial.rng.shuffle(modes)
        orders = ((*modes, "slow"), (*modes[::-1], "slow"))  # what is only slow is not asked again
        with place.running("worker"):
            for order in (("503", "503", "503", "503", "lost"),) if trial.few else orders:
                wanted, sound = (WORK[:3], "short") if trial.few else (WORK, "long")
                harms = [Harm(name, mode) for name in wanted for mode in order]
                _work(trial, place, line, sounds, sound, harms)
        trial.fault(line.done.total())
        trial.broken += all_broken(place, sounds)


def _work(
    trial: Trial, place: Place, line: BadLine, sounds: dict[object, str], sound: str, harms: list[Harm]
) -> None:
    """One recording all the way over a line that does this to it."""
    recording_id = place.hand_in(sound)  # the bad line is the pipeline's: this came before
    line.harm(*harms)
    sounds[recording_id] = sound
    trial.wait(lambda: settled(place), 240, "it goes on")
    trial.same([], line.left(), "what did not happen to the pipeline")
    line.harm()
    trial.broken += still_broken(place)


def under_an_upload(trial: Trial) -> None:
    """Each call of an upload goes wrong in each way: said in words, asked again, the rest is sent."""
    with _far_away(trial) as (place, line):
        made: dict[object, str] = {}
        with place.running("web"):
            producer = Producer(place.url)
            producer.sign_in()
            for mode in ("lost",) if trial.few else MODES:
                for times in (1, LASTING) if mode == "503" else (1,):
                    made[_upload(trial, place, producer, line, mode, times)] = "parts"
                    _cancel(trial, place, producer, line, mode)
        trial.fault(line.done.total())
        with place.running("worker"):
            trial.wait(lambda: settled(place), 150, "everything ends")
        trial.broken += all_broken(place, made)


def _upload(
    trial: Trial, place: Place, producer: Producer, line: BadLine, mode: str, times: int
) -> uuid.UUID:
    copy = trial.folder / f"{mode}-{times}.wav"
    copy.write_bytes(place.ground.sound("parts").read_bytes())
    line.harm(*(Harm(name, mode, times) for name in SENDING))
    upload = _in_words(trial, producer, lambda: producer.begin(copy))
    producer.taken.clear()
    _in_words(trial, producer, lambda: producer.send(copy, upload))
    answer = _in_words(trial, producer, lambda: producer.complete(upload))
    trial.same([], line.left(), f"what did not happen of {mode} to an upload")
    trial.same(sorted(set(producer.taken)), sorted(producer.taken), "parts that were taken in")
    line.harm()
    return uuid.UUID(answer["recording"])


def _cancel(trial: Trial, place: Place, producer: Producer, line: BadLine, mode: str) -> None:
    """One that is given up: if the store does not hear of it, the sweep tells it again."""
    copy = trial.folder / f"given-up-{mode}.wav"
    copy.write_bytes(place.ground.sound("short").read_bytes())
    upload = producer.begin(copy)
    line.harm(Harm("abort", mode))
    _in_words(trial, producer, lambda: producer.cancel(upload))
    line.harm()


def _in_words(trial: Trial, producer: Producer, ask: Callable[[], Any]) -> Any:
    """What it gives in the end; refusals of ours before that are in words, and say when to come back."""

    def once() -> Any:
        try:
            return ask()
        except Refused as error:
            ours = producer.via in error.url
            if ours:
                said = (error.status, bool(error.retry_after), bool(error.text.strip()))
                trial.same((503, True, True), said, "a store that fails is answered by")
            raise

    return producer.again_and_again(once)


def cut(trial: Trial) -> None:
    """The browser's connection to the store breaks inside parts at twenty places: only the rest is sent."""
    with _far_away(trial) as (place, line):
        size = min(PART_BYTES, place.ground.sound("parts").stat().st_size)
        offsets = [0, 1, size // 2, size - 1]
        offsets += [trial.rng.randrange(size) for _ in range(1 if trial.few else 16)]
        trial.rng.shuffle(offsets)
        line.harm(*(Harm("put part", "cut", after_bytes=after) for after in offsets))
        made: list[uuid.UUID] = []
        with place.running("web"):
            senders = [
                threading.Thread(target=send_over, args=(trial, place, place.url, made, number))
                for number in range(1 if trial.few else 3)
            ]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(200)
        trial.fault(line.done["put part cut"])
        trial.same(len(offsets), line.done["put part cut"], "cuts")
        trial.same(len(senders), len(made), "recordings that arrived")
        with place.running("worker"):
            trial.wait(lambda: settled(place), 120, "everything ends")
        trial.broken += all_broken(place, dict.fromkeys(made, "parts"))


def away(trial: Trial) -> None:
    """Nobody answers at the store's address for a while: pages are there, and all goes on by itself."""
    with _far_away(trial) as (place, line):
        sounds: dict[object, str] = {place.hand_in("short"): "short"}
        with place.running("web"), place.running("worker"):
            trial.wait(lambda: settled(place), 60, "the first recording is published")
            for _ in range(1 if trial.few else 3):
                sounds[place.hand_in("short")] = "short"
                line.is_there = False
                trial.fault()
                producer = Producer(place.url)
                for page in ("/", "/shows/rounds", "/shows/rounds/feed.xml"):
                    trial.same(200, producer.get(page).status_code, f"{page} while the store is away")
                health = requests.get(f"{place.url}/health", timeout=60)
                trial.same(503, health.status_code, "health while the store is away")
                line.is_there = True
                trial.wait(lambda: settled(place), 90, "work goes on by itself")
        trial.broken += all_broken(place, sounds)
