"""The way to the provider and back, for tests, and what it leaves behind."""

import re

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.backends import Backends
from app.models import Account, AuditEntry, Identity, MemberRole
from app.services import members
from tests.factories import make_account, make_community
from tests.openid.issuing import Issuer
from tests.web.signing import PASSWORD, csrf_token

BACK = "/sign-in/organisation/return"


def go(client: FlaskClient, issuer: Issuer, path: str = "/sign-in/organisation") -> str:
    """To the provider and back: the path of the page that people come back to."""
    away = client.get(path)
    assert away.status_code == 302, away.text
    assert away.headers["Location"].startswith(f"{issuer.address}/authorize?")
    return issuer.authorize(away.headers["Location"]).removeprefix("http://127.0.0.1:8000")


def finish(client: FlaskClient, back: str) -> TestResponse:
    """Send the page on as it does by itself."""
    page = client.get(back)
    if page.status_code != 200:
        return page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = client.post(BACK, data=fields)
    answer.close()  # letters leave after the answer
    return answer


def come_in(client: FlaskClient, issuer: Issuer, path: str = "/sign-in/organisation") -> TestResponse:
    """The whole way."""
    return finish(client, go(client, issuer, path))


def who(client: FlaskClient) -> str | None:
    """The address of who is signed in."""
    page = client.get("/account")
    found = re.search(r"E-mail address</dt><dd[^>]*>([^<]+)<", page.text)
    return found.group(1) if found else None


def held(session: Session) -> list[tuple[str, str]]:
    """Who is connected: subject and address."""
    session.rollback()
    rows = session.execute(sa.select(Identity.subject, Account.email).join(Account)).all()
    session.rollback()
    return [(subject, email) for subject, email in rows]


def audited(session: Session) -> list[tuple[str, str]]:
    """What was written down: who, what."""
    rows = session.execute(sa.select(AuditEntry.who, AuditEntry.what).order_by(AuditEntry.id)).all()
    session.rollback()
    return [(one, what) for one, what in rows]


def invited(session: Session, backends: Backends, email: str = "ada@example.org") -> str:
    """The path of an open invitation."""
    community = make_community(session, slug="nurses", name="Nurses")
    by = make_account(session, name="Amina")
    invitation = members.invite(session, community, email, MemberRole.producer, by, backends.clock())
    session.commit()
    return members.link(invitation, backends.settings.secret, "")


def connect(client: FlaskClient, password: str = PASSWORD) -> TestResponse:
    """Show the password, which comes first."""
    at = "/account/organisation"
    return client.post(at, data={"csrf_token": csrf_token(client), "current": password})
