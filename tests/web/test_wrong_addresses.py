"""Addresses that no page of ours leads to: nothing is there, on both databases."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.backends import open_backends
from app.db import Database
from app.settings import read_settings
from tests.web.places import client_of, make_place, make_world
from tests.web.test_route_matrix import RULES

NOWHERE = ("/shows/a%00b", "/communities/%00", "/shows/a%00/feed.xml", "/shows/x/%00", "/static/%00", "/%00")
SOMEWHERE = ("/sign-in?next=%00", "/communities?x=%00", "/?%00=%00")


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The service on each database in turn."""
    settings = read_settings(
        {"HEARTH_DATA": str(tmp_path / "data"), "HEARTH_SECRET": "x" * 32, "DATABASE_URL": database.url}
    )
    backends = open_backends(settings)
    yield create_app(backends=backends)
    backends.database.dispose()


def test_an_address_with_nul_leads_nowhere(served: Flask) -> None:
    client = served.test_client()

    assert {path: client.get(path).status_code for path in NOWHERE} == dict.fromkeys(NOWHERE, 404)
    assert {path: client.get(path).status_code for path in SOMEWHERE} == dict.fromkeys(SOMEWHERE, 200)
    for path in ("/search?q=%00", "/search?q=a&show=%00", "/search?q=a&community=x%00"):
        assert client.get(path).status_code in (200, 503)  # search follows on PostgreSQL


@pytest.mark.parametrize("query", ["q=\xff", "q=caf\xe9", "\xff=\xfe", "q=caf\xc3\xa9"])
def test_a_query_in_bytes_that_are_no_ascii_is_read_as_far_as_it_goes(app: Flask, query: str) -> None:
    for path in ("/search", "/", "/communities", "/no-such-page"):
        environ = EnvironBuilder(path).get_environ() | {"QUERY_STRING": query}  # a builder would escape it
        _, status, _ = run_wsgi_app(app, environ)

        assert status.startswith("404 " if path == "/no-such-page" else "200 ")

    environ = EnvironBuilder("/search").get_environ() | {"QUERY_STRING": "q=caf\xc3\xa9"}
    assert "café".encode() in b"".join(run_wsgi_app(app, environ)[0])


def test_nul_in_a_form_is_refused_or_left_out(served: Flask) -> None:
    client, token = client_of(served, None)
    for path in ("/sign-in", "/reset", "/welcome/%00"):
        answer = client.post(
            path, data={"email": "a\0@example.org", "password": "\0"}, headers={"X-CSRFToken": token}
        )

        assert answer.status_code in (200, 404, 422)


def test_a_value_that_the_database_refuses_is_a_bad_request(served: Flask) -> None:
    @served.get("/raise")
    def fail() -> str:
        raise DataError("SELECT 1", {}, Exception("no such value"))

    assert served.test_client().get("/raise").status_code == 400


@pytest.mark.parametrize("number", [10**30, 2**63, "1" * 5000, 2**31])
def test_a_number_that_is_too_long_leads_nowhere(app: Flask, session: Session, number: int | str) -> None:
    world = make_world(session)
    place = make_place(session, world)
    session.commit()
    found = {}
    for (endpoint, method), rule in RULES.items():
        if "<int" not in rule.rule:
            continue
        path = re.sub(
            r"<int[^>]*>", str(number), rule.rule.replace("<uuid:episode_id>", str(place.episode.id))
        )
        client, token = client_of(app, world.accounts["owner"])
        answer = client.open(path, method=method, headers={"X-CSRFToken": token})
        found[endpoint, method] = answer.status_code

    assert found
    assert set(found.values()) == {404}


@pytest.mark.parametrize("number", [10**30, "1" * 5000, -1, "٣", "²", "x"])
def test_no_number_of_a_page_is_a_fault_of_ours(app: Flask, session: Session, number: int | str) -> None:
    place = make_place(session, make_world(session))
    session.commit()
    for path in (f"/shows/{place.episode.show.slug}", "/search"):
        answer = app.test_client().get(path, query_string={"q": "falls", "page": str(number)})

        assert answer.status_code in (200, 404)
