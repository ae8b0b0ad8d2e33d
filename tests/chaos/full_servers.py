"""F7 on servers: the disk of PostgreSQL, then that of the S3 server, is really full.

Both run on small disks of their own, in the user namespace that the row is run in.
"""

import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.database import pages_are_there
from tests.chaos.full import MIB, no_room, small_disk
from tests.chaos.holding import all_broken
from tests.chaos.place import Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.servers import Servers
from tests.chaos.trial import Trial
from tests.postgres import PostgresServer
from tests.storage.seaweed import Seaweed, running_seaweed

#: So that little is enough to fill it up.
SETTINGS = ("max_wal_size=4MB", "min_wal_size=2MB", "wal_recycle=off", "log_min_messages=panic")

#: More than the store's disk holds.
MOST_PARTS = 60


def under_postgres(trial: Trial) -> None:
    """Pages are there or say when to come back, saving is refused in words; with room again all goes on."""
    with (
        small_disk(trial.folder / "disk", 160) as disk,
        PostgresServer(disk, *SETTINGS, wal_segment_mib=1) as server,
        running_seaweed(trial.folder) as seaweed,
    ):
        place = _place(trial, server, seaweed)
        sounds: dict[object, str] = {place.hand_in("short"): "short"}
        with place.running("web"), place.running("worker"):
            trial.wait(place.all_told, 60, "the first recording is published")
            producer = Producer(place.url)
            producer.sign_in()
            for _ in range(1 if trial.few else 3):
                with no_room(disk):
                    trial.fault()
                    _save_until_refused(trial, producer, place)
                    pages_are_there(trial, Producer(place.url), "while the database's disk is full")
                _up_again(server)
                sounds[place.hand_in("short")] = "short"
                trial.wait(place.all_told, 120, "work goes on by itself")
            upload = producer.again_and_again(lambda: producer.begin(place.ground.sound("short")))
            producer.cancel(upload)
        trial.broken += all_broken(place, sounds)
        place.close()


def _place(trial: Trial, server: PostgresServer, seaweed: Seaweed) -> Place:
    """A service on these two."""
    servers = Servers(server, seaweed)
    servers.prepare()
    return trial.place(
        DATABASE_URL=servers.database_url("hearth"), HEARTH_STORE_URL=servers.store_url("hearth")
    )


def _save_until_refused(trial: Trial, producer: Producer, place: Place) -> None:
    """A server has a little room of its own for a while; what is said then must be words."""
    copy = place.data.parent / "begun.wav"
    body = place.ground.sound("short").read_bytes()
    for number in range(3000):
        copy.write_bytes(body[: 100_000 + number])
        try:
            producer.begin(copy, title="x" * 200)
        except Refused as error:
            trial.expect(error.status in (503, 507), f"saving on a full disk gave {error.status}")
            trial.expect(error.text.strip(), "saving on a full disk was refused without a word")
            return
    trial.expect(False, "a full disk took everything")


def _up_again(server: PostgresServer) -> None:
    """A server whose log did not fit has ended itself: whoever keeps it starts it again."""
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        with suppress(Exception):
            server.ask("SELECT 1")
            return
        if not server.is_alive():
            server.stop()
            with suppress(RuntimeError):
                server.start()
        time.sleep(0.2)


def under_the_store(trial: Trial) -> None:
    """Parts are refused, uploads and work wait in words, what was sent is kept; then all goes on."""
    with (
        small_disk(trial.folder / "disk", 400) as disk,
        PostgresServer(trial.folder) as server,
        running_seaweed(disk, volume_mib=30) as seaweed,
    ):
        place = _place(trial, server, seaweed)
        made: dict[object, str] = {}
        with place.running("web"), place.running("worker") as worker:
            made[place.hand_in("short")] = "short"
            trial.wait(place.all_told, 60, "the first recording is published")
            producer = Producer(place.url)
            producer.sign_in()
            copy = trial.folder / "parts.wav"
            copy.write_bytes(place.ground.sound("parts").read_bytes())
            upload = producer.begin(copy)
            producer.put(copy, upload, 1)
            with no_room(disk, MIB):
                trial.fault()
                _sent_in_vain(trial, producer, copy, upload)
                pages_are_there(trial, Producer(place.url), "while the store's disk is full")
            trial.expect(1 in producer.state(upload)["arrived"], "what had been sent is gone")
            producer.again_and_again(lambda: producer.send(copy, upload))
            answer = producer.again_and_again(lambda: producer.complete(upload))
            made[uuid.UUID(answer["recording"])] = "parts"
            trial.wait(place.all_told, 120, "work goes on by itself")
            trial.expect(worker.is_alive(), "the worker did not outlive it")
        trial.broken += all_broken(place, made)
        place.close()


def _sent_in_vain(trial: Trial, producer: Producer, copy: Path, upload: dict[str, Any]) -> None:
    """Parts do not fit once the room is used up that the store has laid by: the page asks again later."""
    for _ in range(MOST_PARTS):
        try:
            producer.put(copy, upload, 2)
        except Refused as error:
            trial.expect(error.status >= 500, f"a part on a full disk gave {error.status}")
            return
    trial.expect(False, "a full disk took everything")
