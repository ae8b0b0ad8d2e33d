"""F5 on PostgreSQL: the server is restarted, killed, frozen, and ends connections, while it is used."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from app.models import Episode
from tests.chaos.crew import DEAD_AFTER_S, Crew, settled
from tests.chaos.database import pages_are_there
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.servers import bring_up
from tests.chaos.trial import Trial
from tests.postgres import PostgresServer

#: How long it is away, at least.
AWAY_S = 0.5


def _fast(server: PostgresServer) -> None:
    _restart(server, signal.SIGINT)


def _immediate(server: PostgresServer) -> None:
    _restart(server, signal.SIGQUIT)


def _killed(server: PostgresServer) -> None:
    _restart(server, signal.SIGKILL)


def _restart(server: PostgresServer, how: signal.Signals) -> None:
    server.stop(how)
    time.sleep(AWAY_S)
    for _ in range(20):
        with suppress(RuntimeError):  # what a killed server has left behind has to end first
            server.start()
            return
        time.sleep(0.3)
    raise RuntimeError("PostgreSQL did not come back")


def _cut_off(server: PostgresServer) -> None:
    server.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'hearth' AND pid <> pg_backend_pid()"
    )


def _frozen(server: PostgresServer) -> None:
    processes = server.processes()
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(2.0 if number is signal.SIGSTOP else 0)


WAYS: tuple[Callable[[PostgresServer], None], ...] = (_fast, _immediate, _cut_off, _killed, _frozen, _cut_off)


def while_all_is_used(trial: Trial) -> None:
    """Pages are served or say when to come back, what was said to be kept is there, and work goes on."""
    with PostgresServer(trial.folder) as server:
        url = server.database("hearth")
        bring_up(url)
        place = trial.place(DATABASE_URL=url)
        place.tell(Orders(window_s=0.8, dead_after_s=DEAD_AFTER_S))
        sounds: dict[object, str] = {place.hand_in("short"): "short"}
        ways = list(WAYS[:3] if trial.few else WAYS)
        trial.rng.shuffle(ways)
        journal: list[str] = []
        over = threading.Event()
        with place.running("web"), Crew(place, 2) as crew:
            trial.wait(lambda: settled(place), 60, "the first recording is published")
            writer = threading.Thread(target=_write, args=(place, journal, over), daemon=True)
            writer.start()
            trial.wait(lambda: journal, 60, "something is written")
            for harm in ways:
                sound = "long" if harm is ways[-1] and not trial.few else "short"
                handed_in = place.hand_in(sound)
                sounds[handed_in] = sound
                time.sleep(trial.rng.uniform(0.2, 1.5))
                when = f"while the database is {harm.__name__}"
                asking = threading.Thread(target=pages_are_there, args=(trial, Producer(place.url), when))
                asking.start()
                harm(server)  # not in a thread: a server ends with the thread that has started it
                asking.join()
                trial.fault()
                trial.wait(
                    lambda one=handed_in: crew.keep() >= 0 and place.has_ended(one),
                    90,
                    f"work goes on after {harm.__name__}",
                )
                trial.broken += still_broken(place)
            over.set()
            writer.join(60)
            trial.wait(lambda: crew.keep() >= 0 and settled(place), 90, "everything ends")
        with place.backends.database.reading() as session:
            titles = set(session.scalars(sa.select(Episode.title)))
        trial.same([], [title for title in journal if title not in titles], "saved and lost")
        trial.broken += all_broken(place, sounds, deaths=2 * len(ways))
        place.close()


def _write(place: Place, journal: list[str], over: threading.Event) -> None:
    """Send small recordings and note each answer: what was said to be kept must be there, once."""
    producer, number = Producer(place.url), 0
    producer.again_and_again(producer.sign_in)
    body = place.ground.sound("short").read_bytes()
    while not over.is_set():
        number += 1
        path = place.data.parent / f"small-{number}.wav"
        path.write_bytes(body[: 200_000 + number])
        _send(producer, path, f"Kept {number}")
        journal.append(f"Kept {number}")
        over.wait(3.0)


def _send(producer: Producer, path: Path, title: str) -> None:
    upload = producer.again_and_again(lambda: producer.begin(path, title=title))
    producer.again_and_again(lambda: producer.send(path, upload))
    producer.again_and_again(lambda: producer.complete(upload))
