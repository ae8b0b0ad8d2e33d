"""Signing in and out: one answer for every wrong try, limits, and sessions that end."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import SignInAttempt
from app.services import accounts
from tests.factories import make_account
from tests.fakes import SetClock
from tests.web.signing import PASSWORD, csrf_token, sign_in

ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "////evil.example/a",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https://evil.example",
    "http:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/ /evil.example",
    "evil.example",
    "@evil.example",
    "/%0d%0aLocation:\r\nhttps://evil.example",
    "//[evil",
    "",
)


def attempt(
    client: FlaskClient, email: str, password: str, address: str = "192.0.2.7", next_path: str = ""
) -> TestResponse:
    """One try at the form."""
    token = csrf_token(client, "/sign-in")
    return client.post(
        "/sign-in",
        data={"email": email, "password": password, "csrf_token": token, "next": next_path},
        environ_base={"REMOTE_ADDR": address},
    )


def test_a_person_signs_in_and_sees_their_account(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()

    sign_in(client, account)

    assert account.email in client.get("/account").text


def test_the_address_may_be_written_in_capitals(client: FlaskClient, session: Session) -> None:
    make_account(session, email="ada@example.org")
    session.commit()

    assert attempt(client, " Ada@Example.ORG ", PASSWORD).status_code == 302


def test_every_wrong_try_looks_the_same(client: FlaskClient, session: Session) -> None:
    known = make_account(session)
    without_password = make_account(session, password="")
    closed = make_account(session, active=False)
    session.commit()
    tries = (
        (known.email, "wrong password"),
        ("nobody@example.org", PASSWORD),
        (without_password.email, ""),
        (without_password.email, "any password"),
        (closed.email, PASSWORD),
        ("no address at all", PASSWORD),
    )

    pages = []
    for email, password in tries:
        answer = attempt(client, email, password)
        text = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", answer.text)  # it holds the second
        pages.append((answer.status_code, text.replace(email, "-")))

    assert {422} == {status for status, _ in pages}
    assert len({text for status, text in pages[:2] + pages[3:]}) == 1


def test_nobody_has_a_password() -> None:
    assert not accounts.verify_password(None, "the password of nobody")
    assert not accounts.verify_password(None, "")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_next_leads_nowhere_else(client: FlaskClient, session: Session, address: str) -> None:
    account = make_account(session)
    session.commit()

    answer = attempt(client, account.email, PASSWORD, next_path=address)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")


def test_next_leads_to_a_path_of_ours(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()

    answer = attempt(client, account.email, PASSWORD, next_path="/studio/shows/ward?tab=2")

    assert answer.headers["Location"] == "/studio/shows/ward?tab=2"


def test_the_eleventh_try_at_an_account_has_to_wait(
    client: FlaskClient, session: Session, clock: SetClock
) -> None:
    account = make_account(session)
    session.commit()

    for number in range(10):
        assert attempt(client, account.email, "wrong", f"192.0.{number}.1").status_code == 422
    refused = attempt(client, account.email, PASSWORD, "192.0.99.1")

    assert refused.status_code == 429
    assert 890 <= int(refused.headers["Retry-After"]) <= 901
    clock.move(minutes=15, seconds=1)
    assert attempt(client, account.email, PASSWORD).status_code == 302


@pytest.mark.parametrize("spelling", ["ada@\uff45xample.org", "Ada@EXAMPLE.org", "ada@example\u3002org"])
def test_another_spelling_of_the_address_is_the_same_account(
    client: FlaskClient, session: Session, spelling: str
) -> None:
    account = make_account(session, email="ada@example.org")
    session.commit()
    assert accounts.find_account(session, spelling) is account
    session.commit()

    for number in range(10):
        attempt(client, spelling if number % 2 else account.email, "wrong", f"192.0.{number}.1")
    answers = [attempt(client, text, PASSWORD, "192.0.99.1") for text in (account.email, spelling)]

    assert [answer.status_code for answer in answers] == [429, 429]


def test_an_unknown_account_has_to_wait_as_well(client: FlaskClient) -> None:
    statuses = [
        attempt(client, "nobody@example.org", "wrong", f"192.0.{number}.1").status_code
        for number in range(11)
    ]

    assert statuses == [422] * 10 + [429]


def test_the_thirty_first_try_from_a_neighbourhood_has_to_wait(client: FlaskClient) -> None:
    for number in range(30):
        attempt(client, f"person{number}@example.org", "wrong", f"192.0.2.{number}")

    assert attempt(client, "other@example.org", "wrong", "192.0.2.200").status_code == 429
    assert attempt(client, "other@example.org", "wrong", "192.0.3.200").status_code == 422


def test_a_right_password_clears_the_failures_of_the_account(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    for _ in range(9):
        attempt(client, account.email, "wrong")

    assert attempt(client, account.email, PASSWORD).status_code == 302
    client.post("/sign-out", data={"csrf_token": csrf_token(client)})
    statuses = [attempt(client, account.email, "wrong").status_code for _ in range(10)]

    assert statuses == [422] * 10


def test_the_table_of_attempts_names_nobody_and_forgets(
    client: FlaskClient, session: Session, clock: SetClock
) -> None:
    attempt(client, "ada@example.org", "wrong", "203.0.113.9")

    subjects = session.scalars(sa.select(SignInAttempt.subject)).all()
    session.rollback()

    assert len(subjects) == 2
    assert not [text for text in subjects if "ada" in text or ("203" in text and "." in text)]
    clock.move(minutes=16)
    attempt(client, "bea@example.org", "wrong", "203.0.113.9")
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 2


def test_signing_out_ends_the_session_in_every_browser(app: Flask, session: Session) -> None:
    account = make_account(session)
    session.commit()
    here, there = app.test_client(), app.test_client()
    sign_in(here, account)
    sign_in(there, account)
    copied = here.get_cookie("hearth")
    assert copied is not None

    assert here.post("/sign-out", data={"csrf_token": csrf_token(here)}).status_code == 302

    thief = app.test_client()
    thief.set_cookie("hearth", copied.value)
    for browser in (here, there, thief):
        assert browser.get("/account").status_code == 302


def test_a_session_planted_before_sign_in_is_not_the_one_after(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    client.get("/sign-in")
    with client.session_transaction() as planted:
        planted["left"] = "by somebody"
        before = planted["csrf_token"]

    sign_in(client, account)
    client.get("/account")

    with client.session_transaction() as now:
        assert "left" not in now
        assert before != now["csrf_token"]


def test_a_closed_account_is_out_at_once(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    account.active = False
    session.commit()

    assert client.get("/account").status_code == 302


def test_no_token_in_an_address_or_header_signs_in(client: FlaskClient, app: Flask, session: Session) -> None:
    account = make_account(session)
    session.commit()
    with app.test_request_context():
        token = account.get_auth_token()

    assert client.get("/account", query_string={"auth_token": token}).status_code == 302
    assert client.get("/account", headers={"Authentication-Token": token}).status_code == 302
