"""F7: disks that are really full: of what comes in, of what is worked on, of the database."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.models import PublishWish
from tests.chaos.database import pages_are_there
from tests.chaos.holding import all_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer, Refused
from tests.chaos.trial import Trial

MIB = 1024 * 1024
#: An upload asks for 256 MiB to spare before it begins.
SIZE_MIB = 700


@contextmanager
def small_disk(folder: Path, size_mib: int = SIZE_MIB) -> Iterator[Path]:
    """A disk of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def no_room(disk: Path, left_bytes: int = 0) -> Iterator[None]:
    """The disk is full but for so much."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for _ in range(5):  # what the last request kept goes a moment after its answer
            while (more := _free(disk) - left_bytes) > 0:
                file.write(bytes(min(more, 8 * MIB)))
            time.sleep(0.1)
    try:
        yield
    finally:
        filler.unlink()


def _free(disk: Path) -> int:
    return shutil.disk_usage(disk).free


def while_receiving(trial: Trial) -> None:
    """The disk fills up over an upload: said in words, what was sent is kept, and it goes on by itself."""
    with small_disk(trial.folder / "disk") as disk:
        place = Place.make(trial.ground, disk / "place", {})
        sound = place.ground.sound("parts")
        recordings: dict[object, str] = {place.hand_in("short"): "short"}
        with place.running("worker"):
            trial.wait(place.all_told, 60, "the first recording is published")
        with place.running("web"):
            for left_bytes in (2 * MIB,) if trial.few else (0, 2 * MIB, 9 * MIB):
                producer = Producer(place.url)
                producer.sign_in()
                copy = trial.folder / f"parts-{left_bytes}.wav"
                copy.write_bytes(sound.read_bytes())
                upload = producer.begin(copy)
                producer.put(copy, upload, 1)
                with no_room(disk, left_bytes):
                    trial.fault()
                    _refused(trial, "a part", producer.put, copy, upload, 2)
                    pages_are_there(trial, Producer(place.url), "while the disk is full")
                trial.same([1], producer.state(upload)["arrived"], "what had been sent")
                producer.send(copy, upload)
                with no_room(disk, 2 * MIB):
                    trial.fault()
                    _refused(trial, "joining", producer.complete, upload)
                recordings[uuid.UUID(producer.complete(upload)["recording"])] = "parts"
                trial.same([1, 2, 3], producer.taken, "parts that were sent")
        with place.running("worker"):
            trial.wait(place.all_told, 90, "everything ends")
        trial.broken += all_broken(place, recordings)
        place.close()


def _refused(trial: Trial, what: str, ask: Callable[..., object], *given: object) -> None:
    """It must be refused, and in words."""
    try:
        ask(*given)
    except Refused as error:
        trial.expect(error.status in (503, 507), f"{what} on a full disk gave {error.status}")
        trial.expect(error.text.strip(), f"{what} on a full disk was refused without a word")
    except requests.RequestException as error:
        trial.expect(False, f"{what} on a full disk was cut without a word: {error}")
    else:
        trial.expect(False, f"{what} was said to fit on a full disk")


def while_working(trial: Trial) -> None:
    """The worker's disk is full: the recording waits, is not failed, and goes on once there is room."""
    with small_disk(trial.folder / "disk", 128) as disk:
        place = Place.make(trial.ground, disk / "place", {})
        sounds: dict[object, str] = {}
        with place.running("worker") as worker:
            trial.wait(lambda: "started" in worker.said(), 60, "a worker starts")
            for left_bytes in (3 * MIB,) if trial.few else (3 * MIB, 12 * MIB, 30 * MIB):
                recording_id = place.hand_in("long", PublishWish.when_ready)
                sounds[recording_id] = "long"
                with no_room(disk, left_bytes):
                    trial.fault()
                    trial.wait(lambda: "waits" in worker.said(), 60, "the worker says that it waits")
                    trial.same(1, place.working(), "recordings that wait for room")
                trial.wait(place.all_told, 120, "work goes on by itself")
            trial.expect(worker.is_alive(), "the worker did not outlive it")
        trial.broken += all_broken(place, sounds)
        place.close()


def under_the_database(trial: Trial) -> None:
    """The database's disk is full: pages are there, saving is refused in words, then it goes on."""
    with small_disk(trial.folder / "disk", 24) as disk:
        place = trial.place(DATABASE_URL=f"sqlite:///{disk / 'hearth.db'}")
        sounds: dict[object, str] = {place.hand_in("short"): "short"}
        with place.running("web"), place.running("worker"):
            trial.wait(place.all_told, 60, "the first recording is published")
            producer = Producer(place.url)
            producer.sign_in()
            for _ in range(1 if trial.few else 3):
                place.tell(Orders(window_s=0.3))
                sounds[place.hand_in("short")] = "short"
                with no_room(disk):
                    trial.fault()
                    _full_database(trial, producer, place)
                    pages_are_there(trial, producer, "while the database's disk is full")
                trial.wait(place.all_told, 120, "work goes on by itself")
            upload = producer.again_and_again(lambda: producer.begin(place.ground.sound("short")))
            producer.cancel(upload)
        trial.broken += all_broken(place, sounds)
        place.close()


def _full_database(trial: Trial, producer: Producer, place: Place) -> None:
    """Save until it does not fit: a log may have a little room of its own left."""
    for _ in range(200):
        try:
            producer.cancel(producer.begin(place.ground.sound("short")))
        except Refused as error:
            trial.expect(error.status in (503, 507), f"saving on a full disk gave {error.status}")
            return
    trial.expect(False, "a full disk took everything")
