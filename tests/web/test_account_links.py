"""Links that let somebody in once: the first owner's, and the reset link."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.services import accounts
from tests.factories import make_account
from tests.fakes import KeptMail, SetClock
from tests.web.signing import csrf_token, sign_in

NEW = "lantern pebble orchard"


def owner_path(session: Session, backends: Backends) -> str:
    """The path that is printed at the first start."""
    token = accounts.owner_link_token(session, backends.settings.secret)
    session.rollback()
    return f"/welcome/{token}"


def owner_fields(client: FlaskClient, path: str, **changed: str) -> dict[str, str]:
    """What the first owner fills in."""
    fields = {"name": "Ada Owner", "email": "ada@example.org", "password": NEW, "again": NEW}
    return fields | {"csrf_token": csrf_token(client, path)} | changed


def test_the_first_owner_is_made_by_the_link_and_signed_in(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    path = owner_path(session, backends)

    answer = client.post(path, data=owner_fields(client, path))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/studio/")
    assert "Owner of this service" in client.get("/account").text


def test_the_owners_link_works_once(client: FlaskClient, session: Session, backends: Backends) -> None:
    path = owner_path(session, backends)
    fields = owner_fields(client, path)
    client.post(path, data=fields)

    assert client.get(path).status_code == 404
    assert accounts.owner_link_token(session, backends.settings.secret) is None


def test_a_guessed_owners_link_is_nothing(client: FlaskClient) -> None:
    assert client.get("/welcome/" + "0" * 64).status_code == 404
    assert client.get("/welcome/ü").status_code == 404


def test_two_first_owners_at_once_become_one(app: Flask, session: Session, backends: Backends) -> None:
    path = owner_path(session, backends)
    first, second = app.test_client(), app.test_client()
    forms = [owner_fields(first, path), owner_fields(second, path, email="bea@example.org")]

    statuses = [first.post(path, data=forms[0]).status_code, second.post(path, data=forms[1]).status_code]

    assert statuses == [302, 404]


def test_a_weak_password_is_refused_in_words(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    path = owner_path(session, backends)
    weak = ("short", "Password123!", "ada@example.org", "1111111111111", "qwertyuiop12", "x" * 300)

    for password in weak:
        answer = client.post(path, data=owner_fields(client, path, password=password, again=password))
        assert answer.status_code == 422, password
        assert "There is a problem" in answer.text
        assert password not in answer.text or password == "ada@example.org"

    assert client.get(path).status_code == 200


def ask_for_link(client: FlaskClient, email: str) -> str:
    """Ask for a reset link and give the page."""
    data = {"email": email, "csrf_token": csrf_token(client, "/reset")}
    with client.post("/reset", data=data, buffered=True) as answer:
        return answer.text.replace(data["csrf_token"], "-")


def test_a_reset_link_sets_a_password_once_and_ends_old_sessions(
    app: Flask, session: Session, backends: Backends
) -> None:
    account = make_account(session)
    session.commit()
    old, fresh = app.test_client(), app.test_client()
    sign_in(old, account)
    ask_for_link(fresh, account.email)
    mail = backends.mailer
    assert isinstance(mail, KeptMail)
    found = re.search(r"http://127\.0\.0\.1:8000(/reset/\S+)", mail.letters[0].text)
    assert found
    path = found.group(1)

    data = {"password": NEW, "again": NEW, "csrf_token": csrf_token(fresh, path)}
    assert fresh.post(path, data=data).status_code == 302

    assert fresh.get("/account").status_code == 200
    assert old.get("/account").status_code == 302
    assert old.get(path).status_code == 404
    sign_in(app.test_client(), account, NEW)


def test_asking_for_a_link_tells_nobody_who_has_an_account(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    account = make_account(session)
    session.commit()

    known, unknown = ask_for_link(client, account.email), ask_for_link(client, "nobody@example.org")

    assert known == unknown
    assert isinstance(backends.mailer, KeptMail)
    assert [account.email] == [letter.to for letter in backends.mailer.letters]


def test_nobodys_mailbox_is_flooded(client: FlaskClient, session: Session, backends: Backends) -> None:
    account = make_account(session)
    session.commit()

    pages = {ask_for_link(client, account.email) for _ in range(12)}

    assert len(pages) == 1
    assert isinstance(backends.mailer, KeptMail)
    assert len(backends.mailer.letters) == 10


def test_a_reset_link_grows_old(
    client: FlaskClient, session: Session, backends: Backends, clock: SetClock
) -> None:
    account = make_account(session)
    session.commit()
    settings = backends.settings
    link = accounts.reset_link(
        account, settings.secret, settings.public_url, clock() + accounts.MAILED_LINK_HOLDS
    )
    path = link.removeprefix(settings.public_url)

    assert client.get(path).status_code == 200
    clock.move(hours=2, seconds=1)
    assert client.get(path).status_code == 404


def test_a_link_of_another_service_or_changed_by_a_letter_is_nothing(
    client: FlaskClient, session: Session, backends: Backends, clock: SetClock
) -> None:
    account = make_account(session)
    session.commit()
    until = clock() + accounts.MAILED_LINK_HOLDS
    own = accounts.reset_link(account, backends.settings.secret, "", until)

    assert client.get(accounts.reset_link(account, "another secret", "", until)).status_code == 404
    assert client.get(own[:20] + ("A" if own[20] != "A" else "B") + own[21:]).status_code == 404
    assert client.get("/reset/x").status_code == 404


def test_without_a_mail_server_the_page_says_whom_to_ask(client: FlaskClient, backends: Backends) -> None:
    assert isinstance(backends.mailer, KeptMail)
    backends.mailer.sends = False

    page = client.get("/reset").text

    assert "Ask its owner" in page
    assert '<form method="post" action="/reset"' not in page


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(app: Flask, session: Session) -> None:
    account = make_account(session)
    session.commit()
    here, there = app.test_client(), app.test_client()
    sign_in(here, account)
    sign_in(there, account)

    data = {"current": "correct horse battery", "password": NEW, "again": NEW, "csrf_token": csrf_token(here)}
    assert here.post("/account/password", data=data).status_code == 302

    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_a_password_is_not_changed_without_the_present_one(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    data = {"current": "a guess", "password": NEW, "again": NEW, "csrf_token": csrf_token(client)}
    answer = client.post("/account/password", data=data)

    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    client.post("/sign-out", data={"csrf_token": csrf_token(client)})
    sign_in(client, account)


def test_a_person_changes_their_name(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    client.post("/account", data={"name": "Bea  Newname", "csrf_token": csrf_token(client)})

    assert "Bea Newname" in client.get("/account").text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("Bea\u202egnp.exe", "Beagnp.exe"),
        ("Bea\x1b[31m", "Bea[31m"),
    ],
)
def test_a_name_keeps_its_joiners_and_turns_nothing_round(
    client: FlaskClient, session: Session, typed: str, kept: str
) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    client.post("/account", data={"name": typed, "csrf_token": csrf_token(client)})

    session.refresh(account)
    assert account.name == kept


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\u200d\u202e\x00", "x" * 201])
def test_a_name_that_nobody_sees_or_nobody_reads_is_refused(
    client: FlaskClient, session: Session, typed: str
) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    assert client.post("/account", data={"name": typed, "csrf_token": csrf_token(client)}).status_code == 422


def test_nobody_becomes_owner_by_a_field_of_their_own(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    data = {"name": "Bea", "is_owner": "1", "active": "", "email": "x@example.org"}
    client.post("/account", data=data | {"csrf_token": csrf_token(client)})
    session.refresh(account)

    assert not account.is_owner
    assert account.email != "x@example.org"
