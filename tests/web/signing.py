"""Signing in as people do, for tests of pages behind the door."""

import re

from flask.testing import FlaskClient

from app.models import Account

PASSWORD = "correct horse battery"

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def sign_in(client: FlaskClient, account: Account, password: str = PASSWORD) -> None:
    """Sign this account in by the form. The account must be committed."""
    token = csrf_token(client, "/sign-in")
    answer = client.post("/sign-in", data={"email": account.email, "password": password, "csrf_token": token})
    assert answer.status_code == 302, answer.text


def csrf_token(client: FlaskClient, path: str = "/account") -> str:
    """A token of this client's session, read from a page with a form.

    Send it as the field `csrf_token`, or in the header X-CSRFToken with JSON.
    """
    page = client.get(path)
    found = _TOKEN.search(page.text)
    assert found, f"no form at {path}: {page.status_code}"
    return found.group(1)
