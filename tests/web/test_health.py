"""Whether the service says rightly that it is well."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.db import Database, now_of_database
from app.models import RecordingState, WorkerRow
from tests.factories import make_episode, make_recording


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
