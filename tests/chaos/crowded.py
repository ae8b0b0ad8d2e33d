"""F18: more connections than the process may hold. It sheds the idle, and is well soon after."""

import socket
import threading
import time
from contextlib import suppress

import requests

from tests.chaos.holding import all_broken
from tests.chaos.place import Place
from tests.chaos.trial import Trial

FILES, SOCKETS = 256, 500
#: Healthy again after so long.
SOON_S = 10.0


def idle_sockets(trial: Trial) -> None:
    """500 sockets that say nothing, where the process may have 256 files: others still get in."""
    place = trial.place()
    sounds = {place.hand_in("short"): "short"}
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the recording is published")
    with place.running("web", FILES) as web:
        for _ in range(1 if trial.few else 2):
            idle = _crowd(place)
            trial.fault()
            trial.wait(lambda: _answers(place), SOON_S + 10, "somebody gets in beside them")
            trial.expect(web.is_alive(), "web ended")
            for connection in idle:
                connection.close()
            began_s = time.monotonic()
            trial.wait(lambda: _answers(place), SOON_S, "it is well again")
            trial.expect(time.monotonic() - began_s < SOON_S, "that took too long")
        trial.expect("Too many open files" not in web.said(), "it ran out of files")
    trial.broken += all_broken(place, sounds)


def everybody_at_once(trial: Trial) -> None:
    """More listeners than places, all of them asking: each is served or waits, nobody is told lies."""
    place = trial.place()
    sounds = {place.hand_in("short"): "short"}
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the recording is published")
    statuses: list[int] = []
    with place.running("web", FILES) as web:
        feed = requests.get(f"{place.url}/shows/rounds/feed.xml", timeout=30).text
        url = feed.partition('<enclosure url="')[2].partition('"')[0]

        def hear() -> None:
            with suppress(requests.RequestException):
                statuses.append(requests.get(url, timeout=60).status_code)

        listeners = [threading.Thread(target=hear) for _ in range(150 if trial.few else 300)]
        for listener in listeners:
            listener.start()
        trial.fault()
        for listener in listeners:
            listener.join()
        wrong = [status for status in statuses if status not in (200, 503)]
        trial.same([], wrong, "answers to a crowd")
        trial.same(len(listeners), len(statuses), "listeners who were answered")
        trial.wait(lambda: _answers(place), SOON_S, "it is well again")
        trial.expect("Too many open files" not in web.said(), "it ran out of files")
    trial.broken += all_broken(place, sounds)


def _crowd(place: Place) -> list[socket.socket]:
    """So many connections as can be made; those beyond its places wait in the system's queue."""
    made = []
    for number in range(SOCKETS):
        connection = socket.socket()
        connection.setblocking(False)
        with suppress(BlockingIOError, OSError):
            connection.connect(("127.0.0.1", place.settings.port))
        made.append(connection)
        if number % 50 == 49:
            time.sleep(0.05)
    return made


def _answers(place: Place) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{place.url}/shows/rounds", timeout=15).status_code == 200
    return False
