"""F1, F2 and F13 where there are several workers: whoever is killed or frozen, another goes on.

The dead are not started again before others have taken over, and the frozen are woken when all is done.
"""

import signal
import time
from collections import Counter
from collections.abc import Sequence
from email import message_from_string
from functools import partial

from app.models import Step
from app.pipeline.engine import DEAD_AFTER_S as DEAD_AFTER_IN_SERVICE_S
from app.pipeline.worker import SUPERSEDED
from tests.chaos.crew import DEAD_AFTER_S, Crew, changed, everything, settled, taken_over
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.letters import Letters, letter_box
from tests.chaos.nursery import Process
from tests.chaos.orders import Orders, labels
from tests.chaos.place import Place
from tests.chaos.trial import Trial

_LIMIT_S = 90.0
#: Each of them freezes once; one more worker finishes what they have left.
_SLEEPERS = 6
#: As many points are there at least: a commit, a write or a letter has two.
_FEWEST = 30
#: Whoever freezes over writing it writes it when it wakes: an orphan, which the sweep takes in the end.
_SWEPT = "speech.wav"
#: The one point after which a letter is out and nobody knows.
_TOLD = "letter after"


def killed_at_every_point(trial: Trial) -> None:
    """SIGKILL of one of several workers before and after each commit, write and letter; another goes on."""
    with letter_box() as letters:
        place, points = trial.place(**letters.environment), trial.folder / "points"
        only = ["put_file after", "of join: commit before"] if trial.few else []
        place.tell(Orders(killed=str(points), only=only, dead_after_s=DEAD_AFTER_S))
        sounds: dict[object, str] = {place.hand_in("short"): "short"}
        with Crew(place, 2) as crew:
            while True:
                before = len(labels(points))
                trial.wait(lambda: crew.any_gone() or settled(place), _LIMIT_S, "one dies or all ends")
                if len(labels(points)) == before and not crew.keep():
                    break
                trial.fault(len(labels(points)) - before)
                crew.keep()
                trial.broken += still_broken(place)
            trial.wait(lambda: taken_over(place) >= trial.faults, 30, "others take over from all of them")
        found = labels(points)
        trial.expect(len(found) >= (2 if trial.few else _FEWEST), f"only {len(found)} points")
        trial.broken += all_broken(place, sounds, deaths=len(found))
        _one_letter_each(trial, letters, len(sounds), deaths=sum(label.endswith(_TOLD) for label in found))


def frozen_at_every_point(trial: Trial) -> None:
    """SIGSTOP at each point, for longer than it takes to be taken over from; woken, it changes nothing."""
    with letter_box() as letters:
        place, points = trial.place(**letters.environment), trial.folder / "points"
        only = ["put_file before", "of join: commit before"] if trial.few else []
        sounds: dict[object, str] = {}
        while True:
            before = len(labels(points))
            place.tell(Orders(killed=str(points), freeze=True, only=only, dead_after_s=DEAD_AFTER_S))
            sleepers = [place.start("worker") for _ in range(2 if trial.few else _SLEEPERS)]
            trial.wait(partial(_have_begun, sleepers), 60, "workers start")
            for _ in sleepers:
                sounds[place.hand_in("short")] = "short"
            trial.wait(partial(_are_frozen_or_done, sleepers, place), _LIMIT_S, "they freeze")
            _wake(trial, place, [one for one in sleepers if one.is_frozen()])
            for one in sleepers:
                one.kill()
            if len(labels(points)) == before or trial.broken:
                break
        found = labels(points)
        trial.expect(len(found) >= (2 if trial.few else _FEWEST), f"only {len(found)} points")
        # whoever freezes may have a window of another recording in hand
        trial.broken += all_broken(place, sounds, deaths=len(found))
        _one_letter_each(trial, letters, len(sounds), deaths=sum("letter" in label for label in found))


def _have_begun(workers: Sequence[Process]) -> bool:
    """One that got no time from the machine may have ended: the others will do."""
    return all("started" in worker.said() or not worker.is_alive() for worker in workers)


def _are_frozen_or_done(workers: Sequence[Process], place: Place) -> bool:
    return all(worker.is_frozen() or not worker.is_alive() for worker in workers) or settled(place)


def _wake(trial: Trial, place: Place, frozen: list[Process]) -> None:
    """Somebody else finishes it all; then they wake, see that they are not wanted, and change nothing."""
    trial.fault(len(frozen))
    place.tell(Orders(dead_after_s=DEAD_AFTER_S))
    with place.running("worker"):
        trial.wait(lambda: settled(place), _LIMIT_S, "another goes on")
        trial.broken += still_broken(place)
        before = everything(place)
        for one in frozen:
            one.signal(signal.SIGCONT)
        for one in frozen:
            trial.same(SUPERSEDED, one.wait(30), f"a worker that woke up late ends ({one.said()[-300:]})")
        made = [words for words in changed(before, everything(place)) if _SWEPT not in words]
        trial.same([], made, "what a worker that woke up late has changed")
        trial.expect(place.all_told(), "a worker that woke up late has begun something")


def by_the_time_of_production(trial: Trial) -> None:
    """Half a minute, as in service: one worker is killed, one frozen, and a third takes over from both."""
    place = trial.place()
    place.tell(Orders(window_s=4.0))
    with Crew(place, 3) as crew:
        trial.wait(crew.ready, 60, "workers start")
        long = place.hand_in("long")
        trial.wait(lambda: place.recording(long).step is Step.transcribe, 60, "windows are heard")
        first, second, _third = crew.workers
        began_s = time.monotonic()
        first.kill()
        second.signal(signal.SIGSTOP)
        trial.fault(2)
        limit_s = DEAD_AFTER_IN_SERVICE_S * 2
        trial.wait(lambda: taken_over(place) == 2, limit_s, "a third takes over from both")
        took_s = time.monotonic() - began_s
        trial.expect(took_s > DEAD_AFTER_IN_SERVICE_S / 2, f"it took over after {took_s:.0f} s already")
        trial.wait(lambda: settled(place), _LIMIT_S, "it goes on")
        before = everything(place)
        second.signal(signal.SIGCONT)
        trial.same(SUPERSEDED, second.wait(30), "a worker that woke up late ends")
        trial.same([], changed(before, everything(place)), "what a worker that woke up late has changed")
    trial.broken += all_broken(place, {long: "long"}, deaths=2)


def at_seeded_moments(trial: Trial) -> None:
    """SIGKILL and SIGSTOP of one of three workers at seeded moments, while all of them hear windows."""
    place = trial.place()
    place.tell(Orders(window_s=0.8, dead_after_s=DEAD_AFTER_S))
    sounds: dict[object, str] = {place.hand_in("long"): "long", place.hand_in("short"): "short"}
    faults = 3 if trial.few else 12
    with Crew(place, 3) as crew:
        for number in range(faults):
            trial.wait(lambda: crew.keep() == 0 and crew.ready(), 60, "workers start")
            time.sleep(trial.rng.uniform(0.0, 1.0))
            one = trial.rng.choice(crew.workers)
            if number % 3:
                one.kill()
            else:
                one.signal(signal.SIGSTOP)
                time.sleep(trial.rng.uniform(1.0, 2.5) * DEAD_AFTER_S)
                one.signal(signal.SIGCONT)
            trial.fault()
            trial.broken += still_broken(place)
            if place.all_told():
                sounds[place.hand_in("short")] = "short"
        place.tell(Orders(dead_after_s=DEAD_AFTER_S))
        trial.wait(lambda: crew.keep() >= 0 and settled(place), _LIMIT_S, "everything ends")
    trial.broken += all_broken(place, sounds, deaths=3 * faults)


def _one_letter_each(trial: Trial, letters: Letters, expected: int, deaths: int) -> None:
    """Nobody gets a letter twice, but where its sender died between sending it and writing that down."""
    told = Counter(str(message_from_string(text)["Message-ID"] or text) for text in letters.kept)
    addresses = Counter(text.partition("/studio/episodes/")[2].split()[0] for text in letters.kept)
    trial.same(expected, len(addresses), "episodes of which somebody was told by letter")
    twice = sum(number - 1 for number in addresses.values())
    trial.expect(twice <= deaths, f"{twice} letters came twice after {deaths} deaths")
    trial.same(expected, len(told), "letters that a mailbox takes for different ones")
