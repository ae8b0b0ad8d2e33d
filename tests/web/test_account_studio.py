"""The owner's page of accounts: adding people, their roles, their links; and the page of health."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, MemberRole
from app.services import accounts
from app.services.access import role_in
from tests.factories import make_account, make_community
from tests.web.signing import csrf_token, sign_in


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


def test_the_owner_reads_the_health_in_words(client: FlaskClient, owner: Account) -> None:
    assert "No worker is running" in client.get("/studio/health").text


def test_an_account_is_found_however_its_address_is_written(session: Session) -> None:
    account = make_account(session, email="ada@example.org")

    assert account is accounts.find_account(session, " ADA@example.org ")
    assert accounts.find_account(session, "not an address") is None
