"""The commands for an owner who is locked out."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_account
from tests.fakes import SetClock
from tests.web.signing import csrf_token

NEW = "lantern pebble orchard"


def test_a_locked_out_owner_gets_a_link_that_works_once(
    app: Flask, session: Session, clock: SetClock
) -> None:
    make_account(session, email="amina@example.org", is_owner=True)
    session.commit()

    printed = app.test_cli_runner().invoke(args=["user", "reset", " Amina@Example.org "])
    path = printed.output.strip().removeprefix("http://127.0.0.1:8000")
    clock.move(days=6)
    client = app.test_client()
    data = {"password": NEW, "again": NEW, "csrf_token": csrf_token(client, path)}
    answers = [client.post(path, data=data).status_code, client.get(path).status_code]

    assert printed.exit_code == 0
    assert path.startswith("/reset/")
    assert answers == [302, 404]
    assert "amina@example.org" in client.get("/account").text


@pytest.mark.parametrize("email", ["nobody@example.org", "closed@example.org", "no address"])
def test_who_cannot_sign_in_gets_no_link(app: Flask, session: Session, email: str) -> None:
    make_account(session, email="closed@example.org", active=False)
    session.commit()

    printed = app.test_cli_runner().invoke(args=["user", "reset", email])

    assert printed.exit_code == 1
    assert "/reset/" not in printed.output


def test_all_accounts_are_listed(app: Flask, session: Session) -> None:
    make_account(session, email="a@example.org", name="Amina", is_owner=True)
    make_account(session, email="b@example.org", name="Bea", active=False)
    make_account(session, email="c@example.org", name="Cleo")
    session.commit()

    printed = app.test_cli_runner().invoke(args=["user", "list"])

    assert printed.output.splitlines() == [
        "a@example.org\tAmina\towner",
        "b@example.org\tBea\tclosed",
        "c@example.org\tCleo",
    ]
