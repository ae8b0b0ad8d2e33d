"""The service asks itself as a stranger would, and leaves no trace."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.web.own_look import fetch_here
from tests.factories import make_account, make_membership, make_published, make_show
from tests.web.signing import sign_in

HERE = "http://127.0.0.1:8000"


def test_a_question_to_oneself_is_answered_as_to_anybody(
    app: Flask, client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    make_published(session, make_show(session, slug="rounds"))
    session.commit()
    with caplog.at_level(logging.INFO, "app.request"):
        answer = fetch_here(app, HERE)("GET", f"{HERE}/shows/rounds/feed.xml?x=1", {"Range": "bytes=0-4"})

    assert (answer.status, answer.body, answer.media_type) == (206, b"<?xml", "application/rss+xml")
    assert [record for record in caplog.records if record.name == "app.request"] == []
    assert answer.body == client.get("/shows/rounds/feed.xml").data[:5]


def test_who_looks_is_not_signed_in_where_it_looks(
    app: Flask, client: FlaskClient, session: Session, backends: Backends
) -> None:
    asked: list[int] = []

    @app.get("/ask")
    def ask() -> str:
        fetch = fetch_here(app, "http://127.0.0.1:8000")
        asked.append(fetch("GET", f"http://127.0.0.1:8000{picture}", {}).status)
        asked.append(fetch("GET", "https://elsewhere.example.org/", {}).status)
        return "asked"

    account, show = make_account(session), make_show(session, artwork_sha256="a" * 64)
    make_membership(session, account, show.community, "facilitator")
    session.commit()
    sign_in(client, account)
    picture = f"/artwork/{show.id}/{'a' * 12}-full.jpg"
    backends.store.put_bytes(picture[1:], b"picture")
    client.get("/ask")
    assert client.get(picture).status_code == 200  # those who make the show see it before it is public
    assert asked == [404, 502]


def test_no_client_can_pass_for_the_service_itself(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.request"):
        client.get("/robots.txt", headers={"hearth.own_look": "1", "Hearth-Own-Look": "1"})

    assert [record.name for record in caplog.records if record.name == "app.request"] == ["app.request"]
