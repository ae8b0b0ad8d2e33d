"""Answers of the provider that sign nobody in, and what is kept of those that do."""

import dataclasses
import logging
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends, open_organisation, utc_now
from app.models import Account, Identity, SignInAttempt
from app.services import identities
from app.settings import Settings
from tests.factories import make_account, make_community, make_membership
from tests.fakes import SetClock
from tests.openid.issuing import CLIENT_SECRET, Issuer, huge, unsigned
from tests.web.organisation.going import BACK, come_in, finish, go, who
from tests.web.signing import csrf_token, sign_in


def test_the_answer_works_once(app: Flask, client: FlaskClient, issuer: Issuer, ada: Account) -> None:
    issuer.forgets = False  # a provider that would say yes to the same code for ever
    back = go(client, issuer)
    cookie = client.get_cookie("hearth")
    assert cookie is not None
    assert finish(client, back).status_code == 302

    thief = app.test_client()
    thief.set_cookie("hearth", cookie.value)
    answer = finish(thief, back)

    assert answer.status_code == 403
    assert "has been used already" in answer.text
    assert who(thief) is None
    assert client.get(back).headers["Location"] == "/account"  # the browser's way back


@pytest.mark.parametrize("changed", ["other browser", "other state", "no state", "two begun", "too late"])
def test_an_answer_that_does_not_belong_here_signs_nobody_in(
    app: Flask, client: FlaskClient, issuer: Issuer, ada: Account, clock: SetClock, changed: str
) -> None:
    back = go(client, issuer)
    if changed == "two begun":
        go(client, issuer)
    clock.move(minutes=11 if changed == "too late" else 0)
    state = parse_qs(urlsplit(back).query)["state"][0]
    back = back.replace(state, {"other state": "ü" * 43, "no state": ""}.get(changed, state))
    browser = app.test_client() if changed == "other browser" else client

    answers = [
        finish(browser, back),
        browser.post(BACK, data={"csrf_token": csrf_token(browser, "/sign-in")}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert who(browser) is None
    assert "/token" not in issuer.asked


def test_looking_at_the_answer_uses_nothing_up(client: FlaskClient, issuer: Issuer, ada: Account) -> None:
    back = go(client, issuer)

    for _ in range(3):
        assert client.get(back).status_code == 200
    assert "/token" not in issuer.asked
    assert finish(client, back).status_code == 302


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>", "server_error"])
def test_what_the_provider_says_of_an_error_is_not_shown(
    client: FlaskClient, issuer: Issuer, ada: Account, error: str
) -> None:
    state = parse_qs(urlsplit(go(client, issuer)).query)["state"][0]

    answer = client.get(
        BACK,
        query_string={
            "error": error,
            "error_description": "<script>alert(2)</script>call 0800 hostile",
            "error_uri": "https://evil.example",
            "state": state,
        },
    )

    assert answer.status_code == 403
    assert "You are not signed in" in answer.text
    for hostile in ("alert", "hostile", "evil", "server_error"):
        assert hostile not in answer.text
    assert finish(client, f"{BACK}?code=x&state={state}").status_code == 403  # that sign-in is over


def test_a_token_that_proves_nothing_signs_nobody_in(
    client: FlaskClient, issuer: Issuer, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.sign = unsigned
    with caplog.at_level(logging.INFO):
        answer = come_in(client, issuer)

    assert answer.status_code == 403
    assert "could not be used" in answer.text
    assert who(client) is None
    assert any(getattr(record, "about", "").startswith("ID token: ") for record in caplog.records)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
def test_a_provider_that_is_away_is_said_and_passwords_work(
    client: FlaskClient, issuer: Issuer, ada: Account, path: str
) -> None:
    issuer.instead[path] = huge

    answer = client.get("/sign-in/organisation")
    if answer.status_code == 302:
        back = issuer.authorize(answer.headers["Location"]).removeprefix("http://127.0.0.1:8000")
        answer = finish(client, back)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Use your password, or try again" in answer.text
    sign_in(client, ada)
    assert who(client) == "ada@example.org"


def test_the_service_starts_without_its_provider(backends: Backends, settings: Settings) -> None:
    nowhere = dataclasses.replace(settings, oidc_issuer="http://127.0.0.1:1")
    app = create_app(backends=dataclasses.replace(backends, organisation=open_organisation(nowhere)))
    client = app.test_client()

    assert "Sign in with Mersey sign-in" in client.get("/sign-in").text
    assert client.get("/sign-in/organisation").status_code == 503


@pytest.mark.parametrize(
    ("asked", "led"),
    [("/studio/shows/ward?tab=2", "/studio/shows/ward?tab=2"), ("//evil.example", "/account")],
)
def test_next_is_kept_and_leads_nowhere_else(
    client: FlaskClient, issuer: Issuer, ada: Account, asked: str, led: str
) -> None:
    page = client.get("/sign-in", query_string={"next": asked}).text
    button = re.search(r'href="(/sign-in/organisation[^"]*)"', page)
    assert button
    back = go(client, issuer, button.group(1))

    assert finish(client, f"{back}&next=https://evil.example").headers["Location"] == led


def test_people_are_sent_back_to_the_public_address_only(client: FlaskClient, issuer: Issuer) -> None:
    hostile = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    away = client.get("/sign-in/organisation?redirect_uri=https://evil.example", headers=hostile)

    asked = parse_qs(urlsplit(away.headers["Location"]).query)

    assert asked["redirect_uri"] == [f"http://127.0.0.1:8000{BACK}"]


def test_the_session_is_a_new_one_and_keeps_nothing_of_the_provider(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/sign-in")
    with client.session_transaction() as before:
        before["planted"] = "by somebody"
    with caplog.at_level(logging.DEBUG):
        come_in(client, issuer)

    with client.session_transaction() as after:
        kept = dict(after)
    assert kept.keys().isdisjoint({"planted", "organisation", "csrf_token"})
    rows = repr(
        [vars(row) for table in (Identity, SignInAttempt) for row in session.scalars(sa.select(table))]
    )
    for secret in ("secret-access", CLIENT_SECRET, "code-0", "eyJ"):
        assert secret not in repr(kept) + rows
        assert secret not in caplog.text


def test_pages_about_it_are_private_and_nothing_typed_is_shown_again(
    client: FlaskClient, issuer: Issuer
) -> None:
    back = go(client, issuer)

    expired = client.post(BACK, data={"code": "secret-code", "state": "x", "csrf_token": "old"})

    assert client.get(back).headers["Cache-Control"] == "private, no-store"
    assert expired.status_code == 400
    assert "secret-code" not in expired.text


def test_an_account_without_the_provider_forgets_it_with_itself(session: Session, ada: Account) -> None:
    now = utc_now() - timedelta(days=1)
    session.add(Identity(issuer="https://a.example", subject="s", account_id=ada.id, linked_at=now))
    session.commit()

    session.execute(sa.delete(Account).where(Account.id == ada.id))

    assert session.scalars(sa.select(Identity)).all() == []
    assert identities.of_account(session, ada, "https://a.example") is None


def test_nothing_of_it_is_there_where_no_provider_is_set(backends: Backends, session: Session) -> None:
    settings = dataclasses.replace(backends.settings, oidc_issuer="")
    client = create_app(
        backends=dataclasses.replace(backends, settings=settings, organisation=None)
    ).test_client()
    account = make_account(session)
    make_membership(session, account, make_community(session), "member")
    session.commit()
    sign_in(client, account)

    assert "organisation" not in client.get("/account").text
    assert [
        client.get(path).status_code for path in ("/sign-in/organisation", BACK, "/account/organisation")
    ] == [404] * 3
