"""Passkeys over the web: adding, signing in, every refusal, removing; and the rule of the studio."""

import dataclasses

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.models import Account, AuditEntry, Passkey
from tests.factories import make_account, make_community, make_membership
from tests.fakes import KeptMail, SetClock
from tests.web.device import Device
from tests.web.second_step import (
    CODE,
    JSON,
    RECOVERY,
    add_passkey,
    codes_on,
    enter_password,
    passkey_sign_in,
    post_json,
    send,
    set_up_app,
)
from tests.web.signing import PASSWORD, csrf_token, sign_in

PAGE = "/account/second-step"
ASK = "/sign-in/passkey/ask"


@pytest.fixture
def account(session: Session) -> Account:
    """Somebody who makes things, so that the studio is open to them."""
    made = make_account(session, name="Amina")
    make_membership(session, made, make_community(session), "producer")
    session.commit()
    return made


@pytest.fixture
def device(client: FlaskClient, account: Account) -> Device:
    """Their phone, which has a passkey; they have signed out since."""
    made = Device()
    sign_in(client, account)
    assert add_passkey(client, made, "Phone").status_code == 200
    sign_out(client)
    return made


@pytest.fixture
def strict(backends: Backends) -> Flask:
    """The service where the studio needs a second factor."""
    settings = dataclasses.replace(backends.settings, second_factor="studio")
    app = create_app(backends=dataclasses.replace(backends, settings=settings))
    app.testing = True
    return app


def sign_out(client: FlaskClient) -> None:
    """End all sessions of whoever is signed in here."""
    client.post("/sign-out", data={"csrf_token": csrf_token(client)})


def last_said(session: Session) -> str | None:
    """The newest entry of the audit list."""
    session.rollback()
    found = session.scalar(sa.select(AuditEntry.what).order_by(AuditEntry.id.desc()).limit(1))
    session.rollback()  # the service writes to the same tables
    return found


def letters(backends: Backends) -> list[str]:
    """The texts of the letters that were sent."""
    assert isinstance(backends.mailer, KeptMail)
    return [letter.text for letter in backends.mailer.letters]


def test_a_passkey_signs_in_without_a_password(
    client: FlaskClient, session: Session, clock: SetClock, account: Account, device: Device
) -> None:
    answer = passkey_sign_in(client, device, "/studio/bin")

    assert answer.json == {"to": "/studio/bin"}
    assert account.email in client.get("/account").text
    assert session.scalars(sa.select(Passkey.last_used_at)).one() == clock()
    assert "Last used" in client.get(PAGE).text


def test_a_passkey_is_both_factors(
    client: FlaskClient, clock: SetClock, account: Account, device: Device
) -> None:
    sign_in(client, account)
    set_up_app(client, clock())
    sign_out(client)

    assert passkey_sign_in(client, device).json == {"to": "/studio/"}
    assert client.get("/studio/").status_code == 200


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_next_leads_nowhere_else(
    client: FlaskClient, account: Account, device: Device, next_path: str
) -> None:
    assert passkey_sign_in(client, device, next_path).json == {"to": "/studio/"}


def test_adding_is_written_down_and_told_and_ends_other_sessions(
    app: Flask, client: FlaskClient, session: Session, backends: Backends, account: Account
) -> None:
    other = app.test_client()
    for browser in (client, other):
        sign_in(browser, account)

    answer = add_passkey(client, Device())

    assert answer.json == {"to": PAGE}
    assert [browser.get("/account").status_code for browser in (client, other)] == [200, 302]
    assert last_said(session) == "added a passkey"
    assert "added a passkey" in letters(backends)[-1]


def test_the_question_names_the_configured_address_and_demands_pin_finger_or_face(
    client: FlaskClient, account: Account
) -> None:
    sign_in(client, account)
    data = {"name": "Phone", "csrf_token": csrf_token(client)}
    made = client.post("/account/second-step/passkeys/ask", data=data, headers=JSON)
    here = {"base_url": "http://127.0.0.1:8000"}  # the other name of loopback
    token = client.get("/sign-in", **here).text.split('name="csrf_token" value="')[1].split('"')[0]
    asked = client.post(ASK, json={}, headers={**JSON, "X-CSRFToken": token}, **here)
    assert made.json is not None
    assert asked.json is not None

    assert (made.json["rp"]["id"], asked.json["rpId"]) == ("localhost", "localhost")
    chosen = made.json["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert asked.json["userVerification"] == "required"
    assert asked.json["allowCredentials"] == []


def test_one_challenge_is_answered_once(client: FlaskClient, account: Account, device: Device) -> None:
    device.count = None  # so that the count cannot be what refuses
    options = post_json(client, ASK, {}).json
    assert options is not None
    answer = device.sign(options)
    with client.session_transaction() as session:
        kept = session["challenge"]
    assert post_json(client, "/sign-in/passkey", {"credential": answer}).status_code == 200
    sign_out(client)
    again = post_json(client, "/sign-in/passkey", {"credential": answer})
    csrf_token(client, "/sign-in")
    with client.session_transaction() as session:  # and by a cookie that was kept
        session["challenge"] = kept
    replayed = post_json(client, "/sign-in/passkey", {"credential": answer})

    assert (again.status_code, replayed.status_code) == (422, 422)
    assert client.get("/account").status_code == 302


def test_a_challenge_holds_for_five_minutes(
    client: FlaskClient, clock: SetClock, account: Account, device: Device
) -> None:
    options = post_json(client, ASK, {}).json
    assert options is not None
    clock.move(minutes=5)
    answer = post_json(client, "/sign-in/passkey", {"credential": device.sign(options)})

    assert answer.status_code == 422
    assert "took too long" in answer.text


def test_a_challenge_for_signing_in_adds_no_passkey(client: FlaskClient, account: Account) -> None:
    sign_in(client, account)
    device = Device()
    post_json(client, ASK, {})
    with client.session_transaction() as session:
        challenge = session["challenge"]["bytes"]
    credential = device.make({"user": {"id": ""}, "challenge": challenge})

    assert post_json(client, "/account/second-step/passkeys", {"credential": credential}).status_code == 422


def test_a_passkey_of_nobody_is_refused_in_words(client: FlaskClient, account: Account) -> None:
    answer = passkey_sign_in(client, Device())

    assert answer.status_code == 422
    assert "Sign in with your password instead" in answer.text


def test_a_closed_account_is_let_in_by_no_passkey(
    client: FlaskClient, session: Session, account: Account, device: Device
) -> None:
    session.execute(sa.update(Account).values(active=False))
    session.commit()

    assert passkey_sign_in(client, device).status_code == 422


def test_a_copy_is_refused_written_down_and_told(
    client: FlaskClient, session: Session, backends: Backends, account: Account, device: Device
) -> None:
    passkey_sign_in(client, device)
    sign_out(client)
    device.count = 0

    answer = passkey_sign_in(client, device)

    assert answer.status_code == 403
    assert "copied" in answer.text
    assert client.get("/account").status_code == 302
    assert last_said(session) == "was refused: a passkey may have been copied"
    assert "was refused" in letters(backends)[-1]


def test_the_password_is_asked_before_adding_when_signing_in_was_long_ago(
    client: FlaskClient, clock: SetClock, account: Account
) -> None:
    sign_in(client, account)
    clock.move(minutes=16)

    assert "Enter your password" in add_passkey(client, Device()).text
    assert "not your password" in add_passkey(client, Device(), current="wrong").text
    assert add_passkey(client, Device(), current=PASSWORD).status_code == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_a_passkey_needs_a_name(client: FlaskClient, account: Account, name: str) -> None:
    sign_in(client, account)
    answer = add_passkey(client, Device(), name)

    assert (answer.status_code, list(answer.json["fields"])) == (422, ["name"])


def test_a_name_is_shown_as_text(client: FlaskClient, account: Account) -> None:
    sign_in(client, account)
    add_passkey(client, Device(), "<b>Phone</b>")

    assert "&lt;b&gt;Phone" in client.get(PAGE).text


def test_removing_is_asked_once_more_then_done(
    client: FlaskClient, session: Session, account: Account, device: Device
) -> None:
    passkey_sign_in(client, device)
    path = f"{PAGE}/passkeys/{session.scalars(sa.select(Passkey.id)).one()}/remove"
    session.rollback()
    assert "Remove the passkey “Phone”?" in client.get(path).text

    answer = send(client, path)

    assert answer.headers["Location"] == PAGE
    assert last_said(session) == "removed a passkey"
    assert client.get(path).status_code == 404
    sign_out(client)
    assert passkey_sign_in(client, device).status_code == 422


@pytest.mark.parametrize("address", ["http://podcasts.example.org", "http://192.0.2.7", "https://192.0.2.7"])
def test_where_passkeys_cannot_work_the_pages_say_so(backends: Backends, address: str) -> None:
    settings = dataclasses.replace(backends.settings, public_url=address)
    app = create_app(backends=dataclasses.replace(backends, settings=settings))
    client = app.test_client()
    host = {"base_url": address}
    page = client.get("/sign-in", **host).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    headers = {**JSON, "X-CSRFToken": token, "Referer": f"{address}/sign-in"}
    answer = client.post("/sign-in/passkey/ask", json={}, headers=headers, **host)

    assert "passkey" not in page
    assert answer.status_code == 409
    assert "https and by a name" in answer.text


def test_a_passkey_alone_leaves_the_password_as_it_is(
    client: FlaskClient, account: Account, device: Device
) -> None:
    sign_in(client, account)

    assert client.get("/studio/").status_code == 200


def test_where_the_studio_needs_one_the_password_of_a_passkeys_owner_is_half(
    strict: Flask, account: Account, device: Device
) -> None:
    client = strict.test_client()

    assert enter_password(client, account).headers["Location"] == CODE
    assert "Use your passkey" in client.get(CODE).text
    assert client.get("/studio/").headers["Location"].startswith("/sign-in")
    assert passkey_sign_in(client, device).json == {"to": "/studio/"}


def test_where_the_studio_needs_one_a_recovery_code_stands_in_for_a_passkey(
    strict: Flask, account: Account, device: Device
) -> None:
    client = strict.test_client()
    passkey_sign_in(client, device)
    codes = codes_on(send(client, "/account/second-step/recovery-codes"))
    sign_out(client)
    enter_password(client, account)

    assert send(client, RECOVERY, code=codes[0]).headers["Location"] == "/studio/"
    assert client.get("/studio/").status_code == 200


def test_where_the_studio_needs_one_people_without_are_led_to_set_it_up(
    strict: Flask, account: Account, clock: SetClock
) -> None:
    client = strict.test_client()
    sign_in(client, account)

    assert client.get("/studio/").headers["Location"] == PAGE
    assert "Before you can work in the studio" in client.get(PAGE).text
    assert client.get("/studio/", headers=JSON).status_code == 403
    token = csrf_token(client)
    refused = client.post("/studio/communities/new", data={"csrf_token": token})
    assert refused.status_code == 403
    set_up_app(client, clock())
    assert client.get("/studio/").status_code == 200


def test_who_does_not_work_in_the_studio_needs_none(strict: Flask, session: Session) -> None:
    member, client = make_account(session), strict.test_client()
    make_membership(session, member, make_community(session), "member")
    session.commit()
    sign_in(client, member)

    assert client.get("/studio/").status_code == 403
    assert "Before you can work" not in client.get(PAGE).text


def test_whom_a_provider_has_checked_is_asked_for_nothing_more(strict: Flask, account: Account) -> None:
    client = strict.test_client()
    sign_in(client, account)
    with client.session_transaction() as session:
        session["begun_by"] = "provider"

    assert client.get("/studio/").status_code == 200
