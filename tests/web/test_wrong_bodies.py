"""Bodies that no page of ours sends: refused in words, never a fault of ours."""

import io
import json
import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.backends import Backends
from tests.web.places import client_of, make_place, make_world
from tests.web.test_route_matrix import RULES, path_of, put_files

POSTS = sorted(endpoint for endpoint, method in RULES if method == "POST")

#: Every name that any form or call of ours has.
NAMES = re.findall(
    r"\w+",
    """
    about accurate again agreed agreed_by artwork_alt author category community contact_email
    content_note copyright current description domain email episode episode_type explicit file_name
    first_part_sha256 given_on how_given kind language learning_agenda link links locked name new_name next
    notes number order owner_email parts password person picture practice producers_publish public_name
    purpose recording recording_id requires_checked revision role season_id seen show size_bytes
    spoken_language start summary taken_by text title verify_text wish
    """,
)

VALUES = (5, 10**30, -1, 1.5, True, None, {"a": 1}, ["x"], [{"number": 10**30}], "\ud800", "\0", "1" * 5000)

BODIES = ("", "{", "[]", "5", '"x"', "null", *(json.dumps(dict.fromkeys(NAMES, value)) for value in VALUES))


@pytest.mark.parametrize("endpoint", POSTS)
def test_json_of_a_wrong_shape_is_no_fault_of_ours(
    app: Flask, backends: Backends, session: Session, endpoint: str
) -> None:
    app.testing = False
    world = make_world(session)
    place = make_place(session, world)
    put_files(backends, place)
    path = path_of(app, (endpoint, "POST"), place, world)
    session.commit()
    broken = []
    for role in ("anonymous", "producer", "owner"):
        for body in BODIES:
            client, token = client_of(app, world.accounts.get(role))
            answer = client.post(
                path, data=body, content_type="application/json", headers={"X-CSRFToken": token}
            )
            if answer.status_code >= 500:
                broken.append((role, body[:60], answer.status_code))

    assert broken == []


@pytest.mark.parametrize("path", ["/sign-in", "/reset"])
def test_json_does_not_fill_in_a_form(app: Flask, path: str) -> None:
    client, token = client_of(app, None)
    said = {"email": "owner@example.org", "password": "correct horse battery"}

    answer = client.post(path, json=said, headers={"X-CSRFToken": token})

    assert answer.status_code == 422
    assert "Enter your e-mail address" in answer.text


#: What a form may bring in any of its fields; without any, all of them are missing.
TYPED = (
    None,
    "",
    "x",
    "-1",
    str(10**30),
    "1" * 5000,
    "٣",
    "²",
    "\0",
    "\ud7ff",
    "0001-01-01",
    "|||",
    "[",
    "9" * 400,
)


@pytest.mark.parametrize("endpoint", POSTS)
def test_fields_of_a_wrong_kind_are_no_fault_of_ours(
    app: Flask, backends: Backends, session: Session, endpoint: str
) -> None:
    app.testing = False
    world = make_world(session)
    world.community.links = [{"title": "Guidance", "url": "https://example.org"}]
    place = make_place(session, world)
    put_files(backends, place)
    path = path_of(app, (endpoint, "POST"), place, world)
    kept = {"kind": "episode", "episode_type": "full", "season_id": "", "title": "A title"}
    session.commit()
    broken = []
    for typed in TYPED:
        said = {} if typed is None else dict.fromkeys(NAMES, typed)
        for body in (said, said | kept):
            client, token = client_of(app, world.accounts["owner"])
            answer = client.post(path, data=body, headers={"X-CSRFToken": token})
            if answer.status_code >= 500:
                broken.append((typed, answer.status_code))

    assert broken == []


UNNAMED = (
    b"--x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; filename="ward.mp3"\r\n\r\nvalue\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="a\r\nb"\r\n\r\nvalue\r\n--x--\r\n',
)


@pytest.mark.parametrize("body", UNNAMED)
def test_a_part_without_a_name_is_refused_in_words(app: Flask, body: bytes) -> None:
    app.testing = False
    client, token = client_of(app, None)

    answer = client.post(
        "/sign-in",
        data=body,
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": token},
    )

    assert answer.status_code == 400
    assert "The form could not be read" in answer.text


def test_a_file_in_the_place_of_a_text_is_a_text_that_is_missing(app: Flask, session: Session) -> None:
    world = make_world(session)
    session.commit()
    client, token = client_of(app, world.accounts["owner"])
    said = {"name": (io.BytesIO(b"a name"), "name.txt"), "email": "new@example.org"}

    answer = client.post("/studio/accounts", data=said, headers={"X-CSRFToken": token})

    assert answer.status_code == 422


def test_a_field_that_was_not_sent_stays_as_it_is(app: Flask, session: Session) -> None:
    world = make_world(session)
    world.community.links = [{"title": "Guidance", "url": "https://example.org"}]
    episode = make_place(session, world).episode
    session.commit()
    client, token = client_of(app, world.accounts["owner"])
    said = {"kind": "episode", "episode_type": "full", "season_id": "", "title": "Another title"}

    answers = [
        client.post(path, data=body, headers={"X-CSRFToken": token}).status_code
        for path, body in (
            (f"/studio/episodes/{episode.id}/edit", said),
            (f"/studio/communities/{world.community.slug}/edit", {"name": "Another name"}),
        )
    ]
    session.commit()
    session.refresh(episode)
    session.refresh(world.community)

    assert answers == [302, 302]
    assert (episode.title, [chapter.title for chapter in episode.chapters]) == (
        "Another title",
        ["Beginning"],
    )
    assert (world.community.name, len(world.community.links)) == ("Another name", 1)
