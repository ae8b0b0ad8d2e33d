"""Whether the service says rightly that it is well."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.db import Database, now_of_database
from app.errors import Conflict
from app.models import RecordingState, WorkerRow
from app.services import health, recordings, room
from app.services.room import Room
from app.storage import ObjectStore
from tests.factories import make_episode, make_recording
from tests.fakes import LittleRoom, SetClock, Watched


def make_worker(session: Session, silent_s: float = 1) -> None:
    """A worker that was last heard of so long ago."""
    now = now_of_database(session)
    session.add(
        WorkerRow(
            executor_id="one",
            incarnation="first",
            slots=1,
            started_at=now - timedelta(hours=1),
            beat_at=now - timedelta(seconds=silent_s),
        )
    )
    session.commit()


def test_all_is_well_with_a_worker(client: FlaskClient, session: Session) -> None:
    make_worker(session)

    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ok"


@pytest.mark.parametrize("silent_s", [45, 3600])
def test_a_silent_worker_is_told(client: FlaskClient, session: Session, silent_s: int) -> None:
    make_worker(session, silent_s)

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.get_json()["parts"]["worker"] == "not well"
    assert answer.get_json()["parts"]["database"] == "ok"


def test_no_worker_at_all_is_told(client: FlaskClient) -> None:
    assert client.get("/health").status_code == 503


def test_work_that_is_stuck_is_told(client: FlaskClient, session: Session) -> None:
    make_worker(session)
    long_ago = now_of_database(session) - timedelta(hours=30)
    recording = make_recording(session, make_episode(session), state=RecordingState.working)
    recording.created_at = long_ago
    session.commit()

    assert client.get("/health").get_json()["parts"]["work"] == "not well"


def test_an_old_recording_that_is_tried_again_is_not_stuck(client: FlaskClient, session: Session) -> None:
    make_worker(session)
    now = now_of_database(session)
    recording = make_recording(session, make_episode(session), state=RecordingState.failed)
    recording.created_at = now - timedelta(days=3)
    recordings.try_again(session, recording, now - timedelta(hours=2))
    session.commit()

    assert client.get("/health").get_json()["parts"]["work"] == "ok"


def test_a_step_that_lasts_longer_than_a_day_is_told(client: FlaskClient, session: Session) -> None:
    make_worker(session)
    now = now_of_database(session)
    recording = make_recording(session, make_episode(session), state=RecordingState.working)
    recording.step_started_at = now - timedelta(hours=25)
    session.commit()

    assert client.get("/health").get_json()["parts"]["work"] == "not well"


def words(backends: Backends, name: str, store: ObjectStore | None = None) -> tuple[bool, str]:
    """Whether this part is well, and what the owner reads of it."""
    found = health.look(
        lambda: backends.database.session(read_only=True), store or backends.store, backends.settings.data
    )
    return next((part.is_well, part.words) for part in found.parts if part.name == name)


def test_the_owner_reads_when_the_worker_was_last_heard_of(backends: Backends, session: Session) -> None:
    assert words(backends, "worker")[1].startswith("No worker is running")
    make_worker(session, silent_s=20)
    is_well, said = words(backends, "worker")
    row = session.scalars(sa.select(WorkerRow)).one()
    row.beat_at -= timedelta(seconds=100)
    session.commit()
    silent = words(backends, "worker")
    row.stopped_at = row.beat_at
    session.commit()
    stopped = words(backends, "worker")

    assert is_well
    assert re.fullmatch(r"A worker is running. It was last heard of 2\d seconds ago.", said)
    assert silent == (False, "No worker has been heard of for 2 minutes. Start one.")
    assert stopped[1].endswith("The last one was stopped 2 minutes ago.")


@pytest.mark.parametrize("free", [1024**3 - 1, 600 * 1024**2, 256 * 1024**2, 0])
def test_little_room_is_told_with_what_is_refused_then(backends: Backends, free: int) -> None:
    is_well, said = words(backends, "disk", LittleRoom(backends.store, free))
    largest = re.search(r"more than (\d+) MB", said)
    least_bytes = int(largest[1]) * 1024**2 if largest else 0

    assert not is_well
    assert said.startswith(f"{free / 1024**3:.1f} GiB are free.")
    assert ("All new recordings are refused" in said) is (largest is None)
    with pytest.raises(Conflict):
        room.check(Room(free, {}), [], least_bytes + 1024**2)
    if largest:
        room.check(Room(free, {}), [], least_bytes - 1024**2)


def test_enough_room_is_well(backends: Backends) -> None:
    assert words(backends, "disk", LittleRoom(backends.store, 1024**3))[0]


def test_a_data_directory_that_is_gone_is_told(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    make_worker(session)
    session.close()
    shutil.rmtree(backends.settings.data)

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.get_json()["parts"]["disk"] == "not well"


def test_a_database_that_is_gone_is_told(backends: Backends, session: Session) -> None:
    session.close()
    empty = backends.settings.data / "empty.db"
    app = create_app(backends=replace(backends, database=Database(f"sqlite:///{empty}")))

    answer = app.test_client().get("/health")

    assert answer.status_code == 503
    assert answer.get_json()["parts"]["database"] == "not well"


def test_strangers_learn_nothing_that_would_help_them(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    make_worker(session)

    text = client.get("/health").text

    assert {"status", "parts"} == client.get("/health").get_json().keys()
    assert {"ok"} == set(client.get("/health").get_json()["parts"].values())
    assert str(backends.settings.data) not in text


def test_asking_again_and_again_writes_one_file_in_five_seconds(backends: Backends, clock: SetClock) -> None:
    looked: list[str] = []
    store = Watched(backends.store, lambda name: looked.append(name))
    client = create_app(backends=replace(backends, store=store)).test_client()

    def ask(times: int) -> int:
        before = looked.count("check")
        for _ in range(times):
            client.get("/health")
        return looked.count("check") - before

    first = ask(20)
    clock.move(seconds=5)

    assert (first, ask(20)) == (1, 1)
