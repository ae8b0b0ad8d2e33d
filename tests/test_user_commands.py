"""The commands for an owner who is locked out."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.models import AuditEntry
from tests.factories import make_account
from tests.fakes import SetClock
from tests.web.second_step import set_up_app
from tests.web.signing import csrf_token, sign_in

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


def test_an_owner_who_lost_the_phone_is_let_in_by_the_password_again(
    app: Flask, session: Session, clock: SetClock
) -> None:
    owner = make_account(session, email="amina@example.org", name="Amina", is_owner=True)
    session.commit()
    client = app.test_client()
    sign_in(client, owner)
    set_up_app(client, clock())

    printed = app.test_cli_runner().invoke(args=["user", "second-step-off", "Amina@example.org"])
    ended = client.get("/account").status_code
    sign_in(client, owner)

    assert (printed.exit_code, ended) == (0, 302)
    assert client.get("/account").status_code == 200
    said = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert said is not None
    assert (said.who, said.what, said.subject) == ("Hearth", "took somebody's second step off", "Amina")


def test_a_second_step_of_nobody_is_not_taken_off(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["user", "second-step-off", "nobody@example.org"])

    assert printed.exit_code == 1
    assert "There is no account" in printed.output
