"""Recordings sent by a program: in parts, resumed, and one however often the same is asked for."""

import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, AuditEntry, Episode, Recording, RecordingState, Upload
from app.pipeline import queues
from app.settings import PART_BYTES
from tests.factories import make_account, make_membership, make_recording, make_show
from tests.web.api.calling import Program, program_of
from tests.web.api.conftest import Desk
from tests.web.places import client_of

CONTENT = os.urandom(PART_BYTES + 1000)
PARTS = (CONTENT[:PART_BYTES], CONTENT[PART_BYTES:])
UPLOAD = f"/uploads/{uuid.uuid4()}"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def begun(**other: object) -> dict[str, Any]:
    return {
        "show": "ward-rounds",
        "file_name": "ward.mp3",
        "size_bytes": len(CONTENT),
        "first_part_sha256": sha256(PARTS[0]),
        "title": "Ward round",
        "everyone_agreed": True,
        **other,
    }


def send(program: Program, *numbers: int) -> None:
    asked = [
        {"number": number, "size_bytes": len(PARTS[number - 1]), "sha256": sha256(PARTS[number - 1])}
        for number in numbers
    ]
    for part in program.post(f"{UPLOAD}/parts", parts=asked).json["parts"]:
        answer = program.client.open(
            part["url"], method=part["method"], data=PARTS[part["number"] - 1], headers=part["headers"]
        )
        assert answer.status_code < 300, answer.text


def rows(session: Session, table: type[Any]) -> int:
    found = session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    session.rollback()
    return found


def test_a_recording_sent_in_parts_becomes_an_episode(desk: Desk, backends: Backends) -> None:
    begin = desk.program.put(UPLOAD, **begun())
    assert (begin.status_code, begin.json["arrived"], begin.json["part_bytes"]) == (200, [], PART_BYTES)
    send(desk.program, 2)
    assert desk.program.put(UPLOAD, **begun()).json["arrived"] == [2]
    send(desk.program, 1)

    done = desk.program.post(f"{UPLOAD}/complete").json

    assert (done["is_complete"], done["arrived"], done["recording"]["state"]) == (True, [1, 2], "working")
    assert backends.store.read_range(f"recordings/{done['recording']['id']}/source") == CONTENT
    episode = desk.program.get(f"/episodes/{done['episode_id']}").json
    assert (episode["title"], episode["state"], episode["recording"]["step"]) == (
        "Ward round", "draft", "receive",
    )  # fmt: skip
    assert desk.program.get(UPLOAD).json == done


def test_a_lost_answer_makes_no_second_recording(desk: Desk, session: Session) -> None:
    desk.program.put(UPLOAD, **begun())
    send(desk.program, 1, 2)
    first = desk.program.post(f"{UPLOAD}/complete").json

    again = [desk.program.post(f"{UPLOAD}/complete").json, desk.program.put(UPLOAD, **begun()).json]

    assert again == [first, first]
    assert (rows(session, Recording), rows(session, Upload)) == (2, 1)  # with that of the published episode
    assert session.scalar(sa.select(sa.func.count()).select_from(queues.table(session))) == 1


def test_the_same_request_twenty_times_at_once_is_one_upload_and_one_recording(
    desk: Desk, app: Flask, session: Session
) -> None:
    def at_once(method: str, path: str, **sent: Any) -> set[tuple[int, str]]:
        def one(_number: int) -> tuple[int, str]:
            answer = Program(app.test_client(), desk.program.token).call(method, path, **sent)
            return answer.status_code, str(answer.json.get("recording") and answer.json["recording"]["id"])

        with ThreadPoolExecutor(20) as threads:
            return set(threads.map(one, range(20)))

    assert at_once("PUT", UPLOAD, json=begun()) == {(200, "None")}
    assert rows(session, Upload) == 1
    send(desk.program, 1, 2)
    assert len(at_once("POST", f"{UPLOAD}/complete")) == 1
    assert (rows(session, Recording), rows(session, Episode)) == (2, 2)


def test_the_page_of_the_studio_begins_one_upload_too(desk: Desk, app: Flask, session: Session) -> None:
    said = begun(kind="episode", wish="none", agreed=True)
    clients = [signed_in(app, desk.producer) for _ in range(12)]
    session.rollback()

    with ThreadPoolExecutor(12) as threads:
        ids = set(threads.map(lambda one: one(said), clients))

    assert len(ids) == rows(session, Upload) == 1


def test_an_id_that_is_another_files_or_somebody_elses_is_refused(
    desk: Desk, app: Flask, session: Session
) -> None:
    colleague = make_account(session)
    make_membership(session, colleague, desk.show.community, "producer")
    theirs = program_of(app.test_client(), session, colleague)
    desk.program.put(UPLOAD, **begun())

    assert desk.program.put(UPLOAD, **begun(size_bytes=5)).status_code == 409
    assert theirs.put(UPLOAD, **begun()).status_code == 404
    assert {theirs.get(UPLOAD).status_code, theirs.delete(UPLOAD).status_code} == {404}


def test_what_cannot_be_sent_is_refused_field_by_field(desk: Desk, session: Session) -> None:
    for other, status, field in (
        ({"everyone_agreed": False}, 422, "everyone_agreed"),
        ({"everyone_agreed": "true"}, 422, "everyone_agreed"),
        ({"size_bytes": 0}, 422, "size_bytes"),
        ({"size_bytes": True}, 422, "size_bytes"),
        ({"size_bytes": 4 * 1024**3 + 1}, 413, None),
        ({"first_part_sha256": "x"}, 422, "first_part_sha256"),
        ({"kind": "sermon"}, 422, "kind"),
        ({"title": "t" * 256}, 422, "title"),
        ({"title": "\ud800"}, 422, "title"),
        ({"show": "other"}, 404, None),
        ({"episode_id": str(uuid.UUID(int=0))}, 404, None),
        ({"agreed_by": "me"}, 422, "agreed_by"),
    ):
        answer = desk.program.put(UPLOAD, **begun(**other))
        assert (answer.status_code, field in (*answer.json.get("fields", {}), None)) == (status, True), other
    missing = desk.program.put(UPLOAD).json["fields"]
    assert missing.keys() == {"show", "file_name", "size_bytes", "first_part_sha256", "everyone_agreed"}
    assert rows(session, Upload) == 0


def test_a_recording_of_an_episode_is_replaced_within_its_show_only(desk: Desk, session: Session) -> None:
    make_show(session, desk.show.community, slug="other-rounds")
    session.commit()
    replaced = begun(episode_id=str(desk.episode.id))
    session.rollback()

    assert desk.program.put(UPLOAD, **replaced | {"show": "other-rounds"}).status_code == 422
    desk.program.put(UPLOAD, **replaced)
    send(desk.program, 1, 2)
    done = desk.program.post(f"{UPLOAD}/complete").json

    assert done["episode_id"] == replaced["episode_id"]


def test_an_upload_without_all_parts_is_not_complete_and_leaves_no_entry(
    desk: Desk, session: Session
) -> None:
    desk.program.put(UPLOAD, **begun())
    send(desk.program, 1)

    assert desk.program.post(f"{UPLOAD}/complete").status_code == 409
    assert rows(session, AuditEntry) == 0
    send(desk.program, 2)
    desk.program.post(f"{UPLOAD}/complete")
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.who, entry.what, entry.subject) == ("Ada Producer", "uploaded a recording", "Ward round")


def test_what_was_given_up_is_gone(desk: Desk) -> None:
    desk.program.put(UPLOAD, **begun())

    assert desk.program.delete(UPLOAD).status_code == 204
    assert desk.program.get(UPLOAD).status_code == 404
    assert desk.program.put(UPLOAD, **begun()).json["arrived"] == []


def test_it_can_be_asked_whether_a_recording_is_here_already(desk: Desk, session: Session) -> None:
    recording = session.scalars(sa.select(Recording)).one()
    recording.sha256 = "a" * 64
    session.commit()

    def here(sha: str) -> list[str]:
        items = desk.program.get("/episodes", show="ward-rounds", sha256=sha).json["items"]
        return [item["title"] for item in items]

    assert (here("a" * 64), here("b" * 64)) == (["Falls"], [])


def test_a_recording_that_failed_is_tried_again(desk: Desk, session: Session) -> None:
    failed = make_recording(session, desk.episode, state=RecordingState.failed, reason="The disk was full.")
    path = f"/recordings/{failed.id}/again"
    session.commit()

    assert desk.program.post(path).json["state"] == "working"
    assert desk.program.post(path).status_code == 409


def test_whether_the_wish_is_taken_is_asked_as_in_the_studio(desk: Desk, session: Session) -> None:
    desk.show.producers_publish = False
    session.commit()
    desk.program.put(UPLOAD, **begun(wish="now"))
    send(desk.program, 1, 2)

    done = desk.program.post(f"{UPLOAD}/complete").json

    assert desk.program.get(f"/episodes/{done['episode_id']}").json["wish"] == "none"


def signed_in(app: Flask, account: Account) -> Any:
    """Begins an upload as the page's script does, and gives its id."""
    client, token = client_of(app, account)

    def begin(said: dict[str, Any]) -> str:
        answer = client.post("/studio/uploads", json=said, headers={"X-CSRFToken": token})
        return str(answer.json["id"])

    return begin
