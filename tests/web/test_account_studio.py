"""The owner's page of accounts: adding people, their roles, their links; and the page of health."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.db import Database
from app.errors import Conflict
from app.models import Account, AuditEntry, MemberRole
from app.services import accounts
from app.services.access import role_in
from tests.factories import make_account, make_community, make_membership
from tests.fakes import KeptMail, SetClock
from tests.web.second_step import send, set_up_app
from tests.web.signing import PASSWORD, csrf_token, sign_in


@pytest.fixture
def owner(client: FlaskClient, session: Session) -> Account:
    """The owner, signed in at the client."""
    account = make_account(session, is_owner=True)
    session.commit()
    sign_in(client, account)
    return account


def test_a_person_is_added_and_sets_a_password_by_the_link(
    app: Flask, client: FlaskClient, owner: Account
) -> None:
    data = {"name": "Bea Producer", "email": "Bea@Example.org", "csrf_token": csrf_token(client)}
    page = client.post("/studio/accounts", data=data).text
    found = re.search(r"http://127\.0\.0\.1:8000(/reset/[\w.-]+)", page)
    assert found
    theirs, path = app.test_client(), found.group(1)

    fields = {"password": "lantern pebble orchard", "again": "lantern pebble orchard"}
    answer = theirs.post(path, data=fields | {"csrf_token": csrf_token(theirs, path)})

    assert answer.status_code == 302
    assert "bea@example.org" in theirs.get("/account").text
    assert found.group(1) not in client.get("/studio/accounts").text


def test_an_address_is_used_once(client: FlaskClient, owner: Account) -> None:
    data = {"name": "Twice", "email": owner.email.upper(), "csrf_token": csrf_token(client)}

    answer = client.post("/studio/accounts", data=data)

    assert answer.status_code == 422
    assert "already an account" in answer.text


def test_the_owner_gives_and_takes_roles(client: FlaskClient, session: Session, owner: Account) -> None:
    person, community = make_account(session), make_community(session)
    session.commit()
    path = f"/studio/accounts/{person.id}/roles"

    for wanted in ("producer", "facilitator", ""):
        data = {"community": str(community.id), "role": wanted, "csrf_token": csrf_token(client)}
        assert client.post(path, data=data).status_code == 302
        role = role_in(session, person, community.id)
        session.commit()  # the service writes to the same table
        assert (MemberRole(wanted) if wanted else None) == role


@pytest.mark.parametrize("wanted", ["owner", "PRODUCER", "producer "])
def test_a_role_that_is_none_is_refused(
    client: FlaskClient, session: Session, owner: Account, wanted: str
) -> None:
    person, community = make_account(session), make_community(session)
    session.commit()
    data = {"community": str(community.id), "role": wanted, "csrf_token": csrf_token(client)}

    assert client.post(f"/studio/accounts/{person.id}/roles", data=data).status_code == 422
    assert role_in(session, person, community.id) is None


def test_a_closed_account_is_out_at_once_and_comes_back_with_its_roles(
    app: Flask, client: FlaskClient, session: Session, owner: Account
) -> None:
    person, community = make_account(session, name="Bea"), make_community(session)
    make_membership(session, person, community, "producer")
    session.commit()
    theirs = app.test_client()
    sign_in(theirs, person)
    path = f"/studio/accounts/{person.id}"

    asked = client.get(f"{path}/close")
    still_in = theirs.get("/studio/").status_code
    closed = client.post(f"{path}/close", data={"csrf_token": csrf_token(client)})
    out = theirs.get("/studio/").status_code
    listed = client.get("/studio/accounts").text
    refused = try_to_sign_in(app, person)
    opened = client.post(f"{path}/open", data={"csrf_token": csrf_token(client)})

    assert (asked.status_code, "Close the account of Bea?" in asked.text, still_in) == (200, True, 200)
    assert (closed.status_code, out, refused, opened.status_code) == (302, 302, 422, 302)
    assert "Closed" in listed
    assert theirs.get("/studio/").status_code == 302  # the old session stays ended
    assert try_to_sign_in(app, person) == 302
    assert role_in(session, person, community.id) is MemberRole.producer


def try_to_sign_in(app: Flask, account: Account) -> int:
    """The status of a sign-in with the right password, in a browser of its own."""
    client = app.test_client()
    data = {"email": account.email, "password": PASSWORD, "csrf_token": csrf_token(client, "/sign-in")}
    return client.post("/sign-in", data=data).status_code


def test_nobody_closes_their_own_account(client: FlaskClient, session: Session, owner: Account) -> None:
    make_account(session, is_owner=True)
    session.commit()
    data = {"csrf_token": csrf_token(client)}

    assert client.post(f"/studio/accounts/{owner.id}/close", data=data).status_code == 409
    assert f"/studio/accounts/{owner.id}/close" not in client.get("/studio/accounts").text
    assert client.get("/studio/accounts").status_code == 200


def test_the_last_owners_account_stays_open(database: Database) -> None:
    with database.session() as session:
        first, second = (make_account(session, is_owner=True, password=None) for _ in range(2))
        accounts.close_account(session, first, second)

        with pytest.raises(Conflict, match="only owner"):
            accounts.close_account(session, second, first)
        assert (first.active, second.active) == (False, True)


def test_the_owner_reads_the_health_in_words(client: FlaskClient, owner: Account) -> None:
    assert "No worker is running" in client.get("/studio/health").text


def test_an_account_is_found_however_its_address_is_written(session: Session) -> None:
    account = make_account(session, email="ada@example.org")

    assert account is accounts.find_account(session, " ADA@example.org ")
    assert accounts.find_account(session, "not an address") is None


def test_the_owner_takes_a_second_step_off_and_its_holder_is_told(
    app: Flask, client: FlaskClient, session: Session, backends: Backends, clock: SetClock, owner: Account
) -> None:
    person, theirs = make_account(session, name="Bea"), app.test_client()
    session.commit()
    sign_in(theirs, person)
    set_up_app(theirs, clock())
    path = f"/studio/accounts/{person.id}/second-step/off"
    assert "Second step: a code from an app" in client.get("/studio/accounts").text
    assert "Speak with them first" in client.get(path).text

    answer = send(client, path)

    assert answer.headers["Location"] == "/studio/accounts"
    assert theirs.get("/account").status_code == 302
    sign_in(theirs, person)  # by the password alone
    assert theirs.get("/account").status_code == 200
    assert isinstance(backends.mailer, KeptMail)
    assert backends.mailer.letters[-1].to == person.email
    assert "your password alone lets you in" in backends.mailer.letters[-1].text
    said = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert said is not None
    assert (said.what, said.subject, said.who) == ("took somebody's second step off", "Bea", owner.name)


def test_where_there_is_no_second_step_none_is_taken_off(
    client: FlaskClient, session: Session, owner: Account
) -> None:
    person = make_account(session)
    session.commit()

    answer = client.get(f"/studio/accounts/{person.id}/second-step/off")

    assert answer.headers["Location"] == "/studio/accounts"


def test_the_owners_own_second_step_is_taken_off_with_the_password_only(
    client: FlaskClient, clock: SetClock, owner: Account
) -> None:
    set_up_app(client, clock())
    path = f"/studio/accounts/{owner.id}/second-step/off"

    answer = client.post(path, data={"csrf_token": csrf_token(client)})

    assert answer.headers["Location"] == "/account/second-step"
    assert "A code from an app" in client.get("/account").text
