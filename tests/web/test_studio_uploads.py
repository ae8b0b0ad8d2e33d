"""Uploads as the page's script sees them, and the form without a script."""

import hashlib
import io
import os
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.backends import Backends
from app.models import Account, Episode, Membership, Recording, Show, Upload
from app.pipeline import queues
from app.settings import PART_BYTES
from app.storage import expected_parts
from app.storage.keys import recording_key
from tests.factories import make_account, make_community, make_membership, make_show
from tests.web.signing import csrf_token, sign_in

CONTENT = os.urandom(PART_BYTES + 1000)


@pytest.fixture
def show(session: Session) -> Show:
    """A show for which the producer makes episodes."""
    found = make_show(session, make_community(session), slug="voices")
    session.commit()
    return found


@pytest.fixture
def producer(session: Session, show: Show, client: FlaskClient) -> Account:
    """Signed in with the client."""
    account = make_account(session)
    make_membership(session, account, show.community, "producer")
    session.commit()
    sign_in(client, account)
    return account


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ask(client: FlaskClient, path: str, **said: object) -> TestResponse:
    return client.post(path, json=said, headers={"X-CSRFToken": csrf_token(client)})


def begin(client: FlaskClient, **other: object) -> TestResponse:
    said: dict[str, object] = {
        "show": "voices",
        "file_name": "ward.mp3",
        "size_bytes": len(CONTENT),
        "first_part_sha256": sha256(CONTENT[:PART_BYTES]),
        "title": "Ward round",
        "kind": "episode",
        "wish": "none",
        "agreed": True,
    }
    return ask(client, "/studio/uploads", **{**said, **other})


def send(client: FlaskClient, upload: dict[str, str], *numbers: int) -> None:
    for number in numbers:
        part = CONTENT[(number - 1) * PART_BYTES : number * PART_BYTES]
        said = {"number": number, "size_bytes": len(part), "sha256": sha256(part)}
        address = ask(client, upload["parts"], parts=[said]).json["parts"][0]
        answer = client.open(address["url"], method=address["method"], data=part, headers=address["headers"])
        assert answer.status_code < 300, answer.text


def count(backends: Backends, table: type[Episode] | type[Recording]) -> int:
    with backends.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("producer")
def test_a_recording_sent_in_parts_is_stored_byte_for_byte(client: FlaskClient, backends: Backends) -> None:
    upload = begin(client).json
    send(client, upload, 2, 1)

    done = ask(client, upload["complete"])

    recording = done.json["recording"]
    assert done.status_code == 200
    assert backends.store.read_range(f"recordings/{recording}/source") == CONTENT
    state = client.get(done.json["state"]).json
    assert (state["state"], state["stages"][0]["words"]) == ("working", "Receiving")


@pytest.mark.usefixtures("producer")
def test_completing_twice_makes_one_recording_and_one_workflow(
    client: FlaskClient, backends: Backends
) -> None:
    upload = begin(client).json
    send(client, upload, 1, 2)

    answers = [ask(client, upload["complete"]).json for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert (count(backends, Recording), count(backends, Episode)) == (1, 1)
    with backends.database.reading() as session:
        ids = session.scalars(sa.select(queues.table(session).c.workflow_uuid)).all()
    assert list(ids) == [f"recording-{answers[0]['recording']}-1"]


@pytest.mark.usefixtures("producer")
def test_after_a_reload_only_what_is_missing_is_sent(client: FlaskClient) -> None:
    upload = begin(client).json
    send(client, upload, 1)

    again = begin(client, title="A better title").json

    assert (again["id"], again["arrived"]) == (upload["id"], [1])
    state = client.get(upload["state"]).json
    assert state["arrived"] == [1]
    assert state["hashes"] == again["hashes"] == {"1": sha256(CONTENT[:PART_BYTES])}


@pytest.mark.usefixtures("producer")
def test_an_upload_that_was_put_together_when_the_service_died_needs_only_to_be_completed(
    client: FlaskClient, backends: Backends
) -> None:
    upload = begin(client).json
    send(client, upload, 1, 2)
    with backends.database.reading() as session:
        row = session.scalars(sa.select(Upload)).one()
    backends.store.complete(
        recording_key(row.recording_id), row.store_upload, expected_parts(row.size_bytes, PART_BYTES)
    )

    again = begin(client).json
    assert (again["id"], again["arrived"]) == (upload["id"], [1, 2])
    assert client.get(upload["state"]).json["arrived"] == [1, 2]
    recording = ask(client, again["complete"]).json["recording"]
    assert backends.store.read_range(f"recordings/{recording}/source") == CONTENT


@pytest.mark.usefixtures("producer")
def test_an_upload_with_a_part_missing_is_not_completed(client: FlaskClient, backends: Backends) -> None:
    upload = begin(client).json
    send(client, upload, 1)

    answer = ask(client, upload["complete"])

    assert answer.status_code == 409
    assert count(backends, Recording) == 0


@pytest.mark.usefixtures("producer")
def test_a_part_put_after_completion_changes_nothing(client: FlaskClient, backends: Backends) -> None:
    upload = begin(client).json
    part = {"number": 2, "size_bytes": 1000, "sha256": sha256(CONTENT[PART_BYTES:])}
    late = ask(client, upload["parts"], parts=[part]).json["parts"][0]
    send(client, upload, 1, 2)
    recording = ask(client, upload["complete"]).json["recording"]

    answer = client.open(
        late["url"], method=late["method"], data=CONTENT[PART_BYTES:], headers=late["headers"]
    )

    assert answer.status_code in (404, 409)
    assert backends.store.read_range(f"recordings/{recording}/source") == CONTENT


@pytest.mark.usefixtures("producer")
def test_a_cancelled_upload_is_gone(client: FlaskClient, backends: Backends) -> None:
    upload = begin(client).json
    send(client, upload, 1)

    assert ask(client, upload["cancel"]).json == {"cancelled": True}

    assert client.get(upload["state"], headers={"Accept": "application/json"}).status_code == 404
    assert begin(client).json["arrived"] == []


@pytest.mark.usefixtures("producer")
@pytest.mark.parametrize(
    ("other", "status", "words"),
    [
        ({"agreed": False}, 422, "has agreed"),
        ({"agreed": "true"}, 422, "has agreed"),
        ({"size_bytes": 0}, 422, "empty"),
        ({"size_bytes": 4 * 1024**3 + 1}, 413, "4 GB"),
        ({"size_bytes": "12"}, 422, "number"),
        ({"kind": "sermon"}, 422, "Choose"),
        ({"wish": "published"}, 422, "Choose"),
        ({"show": "other"}, 404, ""),
        ({"title": "t" * 256}, 422, "255"),
        ({"file_name": ["a"]}, 422, "text"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    client: FlaskClient, other: dict[str, object], status: int, words: str
) -> None:
    answer = begin(client, **other)

    assert (answer.status_code, words in answer.json["error"]) == (status, True)


@pytest.mark.usefixtures("producer")
def test_fields_that_nobody_may_set_are_ignored(client: FlaskClient, backends: Backends) -> None:
    upload = begin(client, state="published", published_at="2026-01-01", recording_id="1", is_owner=True).json
    send(client, upload, 1, 2)
    ask(client, upload["complete"])

    with backends.database.reading() as session:
        episode = session.scalars(sa.select(Episode)).one()
        assert (episode.state.value, episode.published_at) == ("draft", None)


@pytest.mark.usefixtures("producer")
def test_an_upload_without_a_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/studio/uploads", json={}).status_code == 400


def test_an_upload_of_somebody_else_is_not_there(
    client: FlaskClient, app: Flask, session: Session, show: Show, producer: Account
) -> None:
    upload = begin(client).json
    other = make_account(session)
    make_membership(session, other, show.community, "facilitator")
    session.commit()
    second = app.test_client()
    sign_in(second, other)

    assert second.get(upload["state"], headers={"Accept": "application/json"}).status_code == 404
    assert ask(second, upload["complete"]).status_code == 404
    assert begin(second).json["id"] != upload["id"]


@pytest.mark.parametrize(("stays", "status"), [("member", 403), (None, 404)])
def test_who_has_left_the_community_can_no_longer_send_into_it_but_can_give_up(
    client: FlaskClient,
    session: Session,
    show: Show,
    producer: Account,
    backends: Backends,
    stays: str | None,
    status: int,
) -> None:
    make_membership(session, producer, make_community(session), "producer")
    session.commit()
    upload = begin(client).json
    send(client, upload, 1, 2)
    mine = sa.and_(Membership.account_id == producer.id, Membership.community_id == show.community_id)
    with backends.database.begin() as other:
        if stays:
            other.execute(sa.update(Membership).where(mine).values(role=stays))
        else:
            other.execute(sa.delete(Membership).where(mine))

    part = {"number": 1, "size_bytes": PART_BYTES, "sha256": sha256(CONTENT[:PART_BYTES])}
    assert ask(client, upload["parts"], parts=[part]).status_code == status
    assert ask(client, upload["complete"]).status_code == status
    assert count(backends, Episode) == 0
    assert ask(client, upload["cancel"]).status_code == 200


#: Small enough that the test client keeps it in memory.
SMALL = CONTENT[:100_000]


def plain(client: FlaskClient, content: bytes = SMALL, **other: object) -> TestResponse:
    fields = {
        "csrf_token": csrf_token(client),
        "show": "voices",
        "kind": "episode",
        "title": "",
        "agreed": "y",
        "wish": "none",
        "recording_id": "0e7a2f4c-8f6b-4c0b-9d3e-1a2b3c4d5e6f",
        "recording": (io.BytesIO(content), "../ward_round.mp3"),
    }
    return client.post("/studio/upload", data={**fields, **other}, content_type="multipart/form-data")


@pytest.mark.usefixtures("producer")
def test_the_plain_form_stores_the_recording_and_leaves_no_temporary_file(
    client: FlaskClient, backends: Backends
) -> None:
    answer = plain(client)

    with backends.database.reading() as session:
        recording = session.scalars(sa.select(Recording)).one()
        assert (recording.file_name, recording.episode.title) == ("ward_round.mp3", "Ward round")
        assert answer.location == f"/studio/episodes/{recording.episode_id}"
        assert backends.store.read_range(recording.key) == SMALL
    assert list((backends.settings.data / "incoming").iterdir()) == []


@pytest.mark.usefixtures("producer")
def test_pressing_the_plain_forms_button_twice_is_one_recording(
    client: FlaskClient, backends: Backends
) -> None:
    first, second = plain(client), plain(client)

    assert first.location == second.location
    assert count(backends, Recording) == 1


@pytest.mark.usefixtures("producer")
@pytest.mark.parametrize("other", [(SMALL, "another.mp3"), (SMALL[1:], "../ward_round.mp3")])
def test_another_file_in_the_same_plain_form_is_another_recording(
    client: FlaskClient, backends: Backends, other: tuple[bytes, str]
) -> None:
    first = plain(client)
    second = plain(client, recording=(io.BytesIO(other[0]), other[1]))

    assert first.location != second.location
    with backends.database.reading() as session:
        keys = session.scalars(sa.select(Recording.key)).all()
    assert {backends.store.read_range(key) for key in keys} == {SMALL, other[0]}


@pytest.mark.usefixtures("producer")
def test_the_plain_form_asks_for_what_it_needs_before_a_gigabyte_is_sent(client: FlaskClient) -> None:
    page = client.get("/studio/upload").text

    assert re.search(r'<input [^>]*id="recording"[^>]* required', page)
    assert re.search(r'<input [^>]*id="agreed"[^>]* required', page)
    assert re.search(r'<input [^>]*id="title"[^>]* maxlength="255"', page)
    assert "novalidate" not in page


@pytest.mark.usefixtures("producer")
def test_the_plain_form_says_what_is_wrong_and_keeps_what_was_typed(
    client: FlaskClient, backends: Backends
) -> None:
    answer = plain(client, title="My own title", agreed="", recording=(io.BytesIO(b""), ""))

    assert answer.status_code == 422
    assert "Choose a recording." in answer.text
    assert 'value="My own title"' in answer.text
    assert 'href="#agreed"' in answer.text
    assert count(backends, Recording) == 0


def test_a_stranger_cannot_fill_the_disk_by_the_plain_form(client: FlaskClient, settings_data: Path) -> None:
    answer = client.post(
        "/studio/upload",
        data={"recording": (io.BytesIO(SMALL), "ward.mp3")},
        content_type="multipart/form-data",
    )

    assert answer.status_code in (302, 400, 413)
    assert not settings_data.exists() or list(settings_data.iterdir()) == []


@pytest.fixture
def settings_data(backends: Backends) -> Path:
    """Where files of requests are kept while they come in."""
    return backends.settings.data / "incoming"
