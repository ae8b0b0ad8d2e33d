"""Bodies that no page of ours sends: refused in words, never a fault of ours."""

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
    about accurate again agreed agreed_by artwork_alt author category chapters community contact_email
    content_note copyright current description domain email episode episode_type explicit file_name
    first_part_sha256 given_on how_given kind language learning_agenda link links locked name new_name next
    notes number order owner_email parts password person picture practice producers_publish public_name
    purpose recording recording_id requires_checked revision role season_id show size_bytes
    spoken_language summary taken_by text title verify_text wish
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
