"""Codes from an app and on paper: setting up, signing in, every refusal, turning off."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, AppCode, AuditEntry
from app.services import accounts
from tests.factories import make_account
from tests.fakes import KeptMail, SetClock
from tests.web.second_step import APP, CODE, RECOVERY, codes_on, enter_password, phone_of, send, set_up_app
from tests.web.signing import PASSWORD, csrf_token, sign_in

PAGE = "/account/second-step"
OFF = "/account/second-step/app/off"
CODES = "/account/second-step/recovery-codes"


@pytest.fixture
def account(session: Session) -> Account:
    """Somebody with an account."""
    made = make_account(session, name="Amina")
    session.commit()
    return made


@pytest.fixture
def codes(client: FlaskClient, clock: SetClock, account: Account) -> tuple[TOTP, list[str]]:
    """They have set up an app, and signed out: the app, and the recovery codes."""
    sign_in(client, account)
    made = set_up_app(client, clock())
    client.post("/sign-out", data={"csrf_token": csrf_token(client)})
    clock.move(minutes=1)
    return made


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the account's page opens."""
    return client.get("/account").status_code == 200


def said(session: Session) -> list[str]:
    """What the audit list says, oldest first."""
    session.rollback()
    found = list(session.scalars(sa.select(AuditEntry.what).order_by(AuditEntry.id)))
    session.rollback()  # the service writes to the same tables
    return found


def letters(backends: Backends) -> list[str]:
    """The texts of the letters that were sent."""
    assert isinstance(backends.mailer, KeptMail)
    return [letter.text for letter in backends.mailer.letters]


def test_the_code_lets_in_after_the_password(
    client: FlaskClient, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    first = enter_password(client, account, next="/studio/bin")
    assert (first.headers["Location"], is_signed_in(client)) == (CODE, False)
    token = codes[0].generate(clock()).token

    second = send(client, CODE, code=f"{token[:3]} {token[3:]}")

    assert (second.status_code, second.headers["Location"]) == (302, "/studio/bin")
    assert is_signed_in(client)


def test_the_field_is_one_that_phones_fill_in(
    client: FlaskClient, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    enter_password(client, account)
    page = client.get(CODE).text

    assert 'autocomplete="one-time-code" inputmode="numeric"' in page


def test_a_wrong_password_tells_nothing_of_a_second_step(
    app: Flask, client: FlaskClient, session: Session, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    plain = make_account(session)
    session.commit()

    pages = [
        send(app.test_client(), "/sign-in", email=one.email, password="wrong") for one in (account, plain)
    ]

    assert [page.status_code for page in pages] == [422, 422]
    assert ["second step" in page.text or "code" in page.text for page in pages] == [False, False]


def test_half_a_sign_in_opens_nothing(
    client: FlaskClient, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    enter_password(client, account)

    for path in ("/account", PAGE, APP, "/studio/", "/account/second-step/passkeys/new"):
        assert client.get(path).headers["Location"].startswith("/sign-in?"), path


def test_nobody_comes_to_the_second_step_without_the_first(client: FlaskClient) -> None:
    for path in (CODE, RECOVERY):
        assert client.get(path).headers["Location"] == "/sign-in"


def test_a_used_code_is_refused(
    app: Flask, client: FlaskClient, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    token = codes[0].generate(clock()).token
    other = app.test_client()
    for browser in (client, other):
        enter_password(browser, account)

    assert send(client, CODE, code=token).status_code == 302
    assert "not right, or is too old" in send(other, CODE, code=token).text
    assert not is_signed_in(other)


def test_half_a_sign_in_ends_after_ten_minutes(
    client: FlaskClient, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    enter_password(client, account)
    token = csrf_token(client, CODE)
    clock.move(minutes=10)

    answer = client.post(CODE, data={"code": codes[0].generate(clock()).token, "csrf_token": token})

    assert answer.headers["Location"] == "/sign-in"
    assert "Ten minutes have passed" in client.get("/sign-in").text
    assert not is_signed_in(client)


def test_half_a_sign_in_ends_when_the_sessions_are_ended(
    client: FlaskClient, session: Session, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    enter_password(client, account)
    accounts.end_sessions(session, session.merge(account))
    session.commit()

    assert client.get(CODE).headers["Location"] == "/sign-in"


def test_a_session_begun_by_somebody_else_is_not_kept(
    client: FlaskClient, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    with client.session_transaction() as planted:
        planted["app_key"] = "planted"
        planted["csrf_token"] = "planted"
    with client.session_transaction() as before:
        kept = dict(before)
    enter_password(client, account)
    send(client, CODE, code=codes[0].generate(clock()).token)

    with client.session_transaction() as after:
        assert "app_key" not in after
        assert "half" not in after
        assert after.get("csrf_token") != kept["csrf_token"]


def test_the_eleventh_guess_has_to_wait(
    app: Flask, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    right = codes[0].generate(clock()).token
    wrong = f"{(int(right) + 500_000) % 1_000_000:06}"
    for number in range(10):  # each from another browser, after a right password
        browser = app.test_client()
        enter_password(browser, account)
        path, guess = (CODE, wrong) if number % 2 else (RECOVERY, "0000-0000-0000")
        assert send(browser, path, code=guess).status_code == 422
    enter_password(browser, account)
    token = csrf_token(browser, CODE)

    assert browser.post(CODE, data={"code": right, "csrf_token": token}).status_code == 429
    clock.move(minutes=15, seconds=1)
    enter_password(browser, account)
    assert send(browser, CODE, code=codes[0].generate(clock()).token).status_code == 302


def test_a_slip_of_the_finger_is_no_guess(
    client: FlaskClient, clock: SetClock, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    enter_password(client, account)
    for _ in range(11):
        assert "Enter the 6 digits" in send(client, CODE, code="12345").text

    assert send(client, CODE, code=codes[0].generate(clock()).token).status_code == 302


def test_a_recovery_code_lets_in_once_and_says_so(
    app: Flask,
    client: FlaskClient,
    session: Session,
    backends: Backends,
    account: Account,
    codes: tuple[TOTP, list[str]],
) -> None:
    enter_password(client, account)
    answer = send(client, RECOVERY, code=codes[1][0].upper())
    other = app.test_client()
    enter_password(other, account)

    assert answer.status_code == 302
    assert "not right, or has been used" in send(other, RECOVERY, code=codes[1][0]).text
    assert "9 left" in client.get("/account").text
    assert said(session)[-1] == "signed in with a recovery code"
    assert "9 left" in letters(backends)[-1]


def test_a_new_password_by_a_link_is_only_half_a_sign_in(
    client: FlaskClient, clock: SetClock, backends: Backends, account: Account, codes: tuple[TOTP, list[str]]
) -> None:
    link = accounts.reset_link(account, backends.settings.secret, "", clock() + accounts.MAILED_LINK_HOLDS)
    new = "lantern pebble orchard"

    answer = send(client, link, password=new, again=new)

    assert answer.headers["Location"] == CODE
    assert not is_signed_in(client)
    assert send(client, CODE, code=codes[0].generate(clock()).token).status_code == 302
    assert is_signed_in(client)


def test_setting_up_shows_a_picture_and_the_key_and_takes_one_right_code(
    client: FlaskClient, session: Session, backends: Backends, clock: SetClock, account: Account
) -> None:
    sign_in(client, account)
    page = client.get(APP).text
    phone = phone_of(client)
    assert ("<svg" in page, "style=" in page, "<img" in page) == (True, False, False)
    wrong = f"{(int(phone.generate(clock()).token) + 500_000) % 1_000_000:06}"

    refused = send(client, APP, code=wrong)
    assert (refused.status_code, session.scalar(sa.select(AppCode.account_id))) == (422, None)
    session.rollback()
    made = send(client, APP, code=phone.generate(clock()).token)

    assert len(set(codes_on(made))) == 10
    assert made.headers["Cache-Control"] == "private, no-store"
    assert "A code from an app" in client.get("/account").text
    assert said(session) == ["set up codes from an app"]
    assert "set up codes from an app" in letters(backends)[-1]


def test_setting_up_ends_other_sessions_and_keeps_this_one(
    app: Flask, client: FlaskClient, clock: SetClock, account: Account
) -> None:
    other = app.test_client()
    for browser in (client, other):
        sign_in(browser, account)

    set_up_app(client, clock())

    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


@pytest.mark.parametrize("path", [APP, CODES])
def test_the_password_is_asked_again_when_signing_in_was_long_ago(
    client: FlaskClient, session: Session, clock: SetClock, account: Account, path: str
) -> None:
    sign_in(client, account)
    if path == CODES:
        set_up_app(client, clock())
    clock.move(minutes=16)
    phone = phone_of(client) if path == APP else None
    code = phone.generate(clock()).token if phone else ""

    assert "Enter your password" in send(client, path, code=code).text
    assert "not your password" in send(client, path, code=code, current="wrong").text
    assert len(codes_on(send(client, path, code=code, current=PASSWORD))) == 10


def test_turning_off_asks_for_the_password_always(
    client: FlaskClient,
    session: Session,
    clock: SetClock,
    backends: Backends,
    account: Account,
    codes: tuple[TOTP, list[str]],
) -> None:
    enter_password(client, account)
    send(client, CODE, code=codes[0].generate(clock()).token)

    assert send(client, OFF).status_code == 422
    assert "not your password" in send(client, OFF, current="wrong").text
    assert send(client, OFF, current=PASSWORD).status_code == 302
    assert "Recovery codes" not in client.get(PAGE).text
    assert "turned off codes from an app" in letters(backends)[-1]
    client.post("/sign-out", data={"csrf_token": csrf_token(client)})
    sign_in(client, account)
    assert is_signed_in(client)
    assert said(session)[-1] == "turned off codes from an app"


def test_wrong_passwords_before_a_change_are_counted(
    client: FlaskClient, clock: SetClock, account: Account
) -> None:
    sign_in(client, account)
    set_up_app(client, clock())
    for _ in range(10):
        send(client, OFF, current="wrong")

    assert send(client, OFF, current=PASSWORD).status_code == 429


def test_an_account_without_a_password_changes_things_just_after_signing_in(
    client: FlaskClient, session: Session, clock: SetClock, account: Account
) -> None:
    sign_in(client, account)
    session.merge(account).password = None
    session.commit()

    set_up_app(client, clock())
    assert send(client, OFF).status_code == 302
    clock.move(minutes=16)
    assert client.get(APP).status_code == 409


def test_what_is_not_there_is_neither_turned_off_nor_made_anew(client: FlaskClient, account: Account) -> None:
    sign_in(client, account)

    for path in (OFF, CODES):
        assert client.get(path).headers["Location"] == PAGE


def test_what_is_there_is_not_set_up_again(client: FlaskClient, clock: SetClock, account: Account) -> None:
    sign_in(client, account)
    set_up_app(client, clock())

    assert client.get(APP).headers["Location"] == PAGE
