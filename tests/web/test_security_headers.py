"""What every answer carries, what every request must: hosts, cookies, CSRF, limits, proxies."""

from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from wtforms import PasswordField

from app import create_app
from app.backends import Backends
from app.settings import Settings, read_settings
from app.web import account_forms
from app.web.form import BaseForm, password_fields
from app.web.security import content_policy, trusted_hosts
from app.web.studio import forms
from tests.factories import make_account
from tests.web.signing import csrf_token, sign_in

PUBLIC = ("/", "/sign-in", "/health", "/no-such-page", "/static/css/hearth.css")


@pytest.fixture
def secure_app(backends: Backends) -> Flask:
    """The service behind https and one proxy."""
    settings = replace(backends.settings, public_url="https://hearth.example.org", proxy_hops=1)
    app = create_app(backends=replace(backends, settings=settings))

    @app.get("/who")
    def who() -> dict[str, object]:
        return {"address": request.remote_addr, "secure": request.is_secure}

    app.testing = True
    return app


@pytest.mark.parametrize("path", PUBLIC)
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/", "/health", "/no-such-page", "/reset/x", "/account"])
def test_no_cookie_where_nobody_signs_in(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


def test_the_cookie_of_a_sign_in_page_is_for_the_server_only(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]

    assert cookie.startswith("hearth=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_bound_to_the_host(secure_app: Flask) -> None:
    answer = secure_app.test_client().get("/sign-in", base_url="https://hearth.example.org")
    cookie = answer.headers["Set-Cookie"]

    assert cookie.startswith("__Host-hearth=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_person_signs_in_over_https(secure_app: Flask, session: Session) -> None:
    account = make_account(session)
    session.commit()
    client = secure_app.test_client()
    base = "https://hearth.example.org"
    token = csrf_token_at(client, base)

    answer = client.post(
        "/sign-in",
        data={"email": account.email, "password": "correct horse battery", "csrf_token": token},
        base_url=base,
        headers={"Referer": f"{base}/sign-in"},
    )

    assert answer.status_code == 302


def csrf_token_at(client: FlaskClient, base: str) -> str:
    """The token of the sign-in page of a service elsewhere."""
    return client.get("/sign-in", base_url=base).text.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:8000", "127.0.0.2", "[::1]", "a b", ""]
)
def test_an_unknown_host_is_refused_in_words(client: FlaskClient, host: str) -> None:
    answer = client.get("/sign-in", headers={"Host": host})

    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8000", "127.0.0.1:20001"])
def test_both_names_of_loopback_are_known(client: FlaskClient, host: str) -> None:
    assert client.get("/sign-in", headers={"Host": host}).status_code == 200


def test_only_the_public_name_is_trusted() -> None:
    settings = read_settings(
        {"HEARTH_PUBLIC_URL": "https://hearth.example.org:8443", "HEARTH_SECRET": "x" * 32}
    )

    assert trusted_hosts(settings) == ["hearth.example.org"]


def test_only_as_many_proxies_are_believed_as_there_are(secure_app: Flask, app: Flask) -> None:
    forged = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7", "X-Forwarded-Proto": "https"}
    found = secure_app.test_client().get("/who", headers=forged | {"Host": "hearth.example.org"})

    assert found.get_json() == {"address": "198.51.100.7", "secure": True}
    with app.test_request_context("/", headers=forged, environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        assert (request.remote_addr, request.is_secure) == ("192.0.2.1", False)


PASSWORDS = ("again", "current", "password")
THOUGHT = {"title": "A long <b>thought</b>", "csrf_token": "old"}


@pytest.mark.parametrize("sent_from", [None, "same-origin", "none"])
def test_a_change_without_a_token_is_refused_and_the_text_is_shown(
    client: FlaskClient, sent_from: str | None
) -> None:
    headers = {"Sec-Fetch-Site": sent_from} if sent_from else {}

    answer = client.post("/studio/communities/new", data=THOUGHT, headers=headers)

    assert answer.status_code == 400
    assert "A long &lt;b&gt;thought&lt;/b&gt;" in answer.text
    assert "Nothing was saved" in answer.text


@pytest.mark.parametrize("sent_from", ["cross-site", "same-site"])
def test_what_another_site_sent_is_not_shown(client: FlaskClient, sent_from: str) -> None:
    answer = client.post("/studio/communities/new", data=THOUGHT, headers={"Sec-Fetch-Site": sent_from})

    assert answer.status_code == 400
    assert "thought" not in answer.text


def test_every_field_for_a_password_is_known(app: Flask) -> None:
    made = []
    with app.test_request_context("/"):
        for kind in (*vars(account_forms).values(), *vars(forms).values()):
            if isinstance(kind, type) and issubclass(kind, BaseForm):
                made += list(kind())

    assert {field.name for field in made if isinstance(field, PasswordField)} == set(PASSWORDS)
    assert password_fields() == set(PASSWORDS)


@pytest.mark.parametrize("name", PASSWORDS)
@pytest.mark.parametrize(
    "path", ["/sign-in", "/account/password", "/reset/x", "/welcome/x", "/studio/accounts"]
)
def test_a_refused_form_never_shows_a_password(client: FlaskClient, path: str, name: str) -> None:
    answer = client.post(path, data={"email": "a@example.org", name: "the secret words"})

    assert answer.status_code == 400
    assert "the secret words" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/reset", "/account"])
def test_pages_about_an_account_show_nothing_that_was_typed(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"email": "somebody@example.org", "name": "somebody"})

    assert answer.status_code == 400
    assert "somebody" not in answer.text


def test_a_token_of_another_session_does_not_count(app: Flask, session: Session) -> None:
    account = make_account(session)
    session.commit()
    mine, theirs = app.test_client(), app.test_client()
    sign_in(mine, account)

    stolen = csrf_token(theirs, "/sign-in")

    assert mine.post("/account", data={"name": "Eve", "csrf_token": stolen}).status_code == 400


def test_json_carries_its_token_in_a_header(app: Flask, session: Session) -> None:
    @app.post("/change")
    def change() -> dict[str, bool]:
        return {"done": True}

    client = app.test_client()
    token = csrf_token(client, "/sign-in")

    assert client.post("/change", json={}).status_code == 400
    assert client.post("/change", json={}, headers={"X-CSRFToken": token}).get_json() == {"done": True}


def test_private_pages_are_never_kept(client: FlaskClient, session: Session) -> None:
    account = make_account(session)
    session.commit()
    sign_in(client, account)

    for path in ("/account", "/", "/no-such-page"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


def test_a_form_of_more_than_a_mebibyte_is_too_large(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "x" * 1_100_000})

    assert answer.status_code == 413


def test_a_form_of_very_many_parts_is_too_large(client: FlaskClient) -> None:
    parts = {f"field{number}": "x" for number in range(2000)}

    answer = client.post("/sign-in", data=parts, content_type="multipart/form-data")

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n\xff"]
)
def test_a_broken_form_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/sign-in", data=body, content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 400


def test_sound_and_uploads_may_come_from_the_store_and_nothing_else_may(settings: Settings) -> None:
    policy = content_policy(settings, "https://bucket.s3.example.org")

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["media-src"] == "'self' blob: https://bucket.s3.example.org"
    assert rules["connect-src"] == "'self' https://bucket.s3.example.org"
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"


def test_public_files_neither_read_the_session_nor_vary_by_cookie(app: Flask) -> None:
    @app.get("/plain")
    def plain() -> str:
        return "for everybody"

    assert "Vary" not in app.test_client().get("/plain").headers
