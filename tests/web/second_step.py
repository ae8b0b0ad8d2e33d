"""Signing in in two steps, as people do: the app on their phone, and the pages on the way."""

import re
from datetime import datetime

from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from app.models import Account
from tests.web.device import Device
from tests.web.signing import PASSWORD, csrf_token

APP = "/account/second-step/app"
CODE = "/sign-in/code"
RECOVERY = "/sign-in/recovery"


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """The form of this page, with these fields."""
    return client.post(path, data={**fields, "csrf_token": csrf_token(client, path)}, buffered=True)


def enter_password(client: FlaskClient, account: Account, **fields: str) -> TestResponse:
    """The first step."""
    return send(client, "/sign-in", email=account.email, password=PASSWORD, **fields)


def phone_of(client: FlaskClient) -> TOTP:
    """An app that is given the key of the page by hand."""
    found = re.search(r'id="key">([A-Z2-7 ]+)<', client.get(APP).text)
    assert found
    return TOTP(found.group(1).replace(" ", ""))


def set_up_app(client: FlaskClient, now: datetime) -> tuple[TOTP, list[str]]:
    """Codes from an app for whoever is signed in here; the app and the recovery codes."""
    phone = phone_of(client)
    made = send(client, APP, code=phone.generate(now).token)
    assert made.status_code == 200, made.text
    return phone, codes_on(made)


def codes_on(page: TestResponse) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<li>([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</li>", page.text)


def add_passkey(client: FlaskClient, device: Device, name: str = "Phone", **fields: str) -> TestResponse:
    """A passkey for whoever is signed in here."""
    token = csrf_token(client)
    asked = client.post(
        "/account/second-step/passkeys/ask", data={"name": name, "csrf_token": token, **fields}, headers=JSON
    )
    if asked.status_code != 200:
        return asked
    return post_json(client, "/account/second-step/passkeys", {"credential": device.make(asked.json)})


def passkey_sign_in(client: FlaskClient, device: Device, next_path: str = "") -> TestResponse:
    """Sign in by this device."""
    asked = post_json(client, "/sign-in/passkey/ask", {})
    assert asked.json is not None
    return post_json(client, "/sign-in/passkey", {"credential": device.sign(asked.json), "next": next_path})


def post_json(client: FlaskClient, path: str, said: object) -> TestResponse:
    """What a script of ours sends."""
    page = "/sign-in" if client.get("/account").status_code == 302 else "/account"
    return client.post(
        path, json=said, headers={**JSON, "X-CSRFToken": csrf_token(client, page)}, buffered=True
    )


JSON = {"Accept": "application/json"}
