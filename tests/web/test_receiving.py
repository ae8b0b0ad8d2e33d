"""Files of the plain form while they come in: kept only where there is room, and never left."""

import fcntl
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Recording
from app.web.studio.receiving import clear_left
from tests.conftest import Standing
from tests.factories import make_account, make_community, make_membership, make_show
from tests.fakes import LittleRoom
from tests.web.serving import running, settings_for
from tests.web.signing import sign_in
from tests.web.test_studio_uploads import SMALL, count, plain


@pytest.fixture
def incoming(backends: Backends) -> Path:
    """Where files of requests are kept while they come in."""
    return backends.settings.data / "incoming"


def test_a_file_that_a_killed_process_left_is_removed_and_one_on_its_way_is_not(
    backends: Backends, incoming: Path
) -> None:
    incoming.mkdir()
    (incoming / "left").write_bytes(SMALL)
    with (incoming / "on its way").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        assert clear_left(backends.settings) == 1
        assert [path.name for path in incoming.iterdir()] == ["on its way"]
    assert clear_left(backends.settings) == 1


def test_the_service_removes_what_was_left_when_it_starts(tmp_path: Path, standing: Standing) -> None:
    left = tmp_path / "incoming" / "left"
    left.parent.mkdir()
    left.write_bytes(SMALL)

    with running(settings_for(tmp_path, **standing(tmp_path))):
        assert not left.exists()


def test_without_room_the_plain_forms_file_is_not_even_kept(
    app: Flask, client: FlaskClient, session: Session, backends: Backends, incoming: Path
) -> None:
    show = make_show(session, make_community(session), slug="voices")
    producer = make_account(session)
    make_membership(session, producer, show.community, "producer")
    session.commit()
    sign_in(client, producer)
    app.extensions["hearth"] = replace(backends, store=LittleRoom(backends.store, 0))

    answer = plain(client)

    assert answer.status_code == 409
    assert "not enough room" in answer.text
    assert not incoming.exists()
    assert count(backends, Recording) == 0
