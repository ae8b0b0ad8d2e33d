"""A new HEARTH_SECRET beside the old one: nobody is signed out, and links that were sent still lead on."""

import dataclasses
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.models import MemberRole
from app.services import accounts, members
from tests.factories import make_account, make_community, make_membership
from tests.web.signing import sign_in

LATER = "a newer secret that is as long as one has to be"


def app_with(backends: Backends, **secrets: str) -> Flask:
    """The service as it starts after its settings have changed."""
    return create_app(
        backends=dataclasses.replace(backends, settings=dataclasses.replace(backends.settings, **secrets))
    )


@pytest.mark.parametrize("keeps_old", [True, False])
def test_sessions_and_links_hold_while_the_old_secret_is_named(
    client: FlaskClient, session: Session, backends: Backends, keeps_old: bool
) -> None:
    account, community = make_account(session), make_community(session)
    make_membership(session, account, community, "facilitator")
    secret, base, until = backends.settings.secret, backends.settings.public_url, timedelta(days=1)
    invitation = members.invite(
        session, community, "bea@example.org", MemberRole.member, account, backends.clock()
    )
    links = [
        accounts.reset_link(account, secret, base, backends.clock() + until),
        members.link(invitation, secret, base),
    ]
    session.commit()
    sign_in(client, account)
    cookie = client.get_cookie("hearth")
    assert cookie is not None
    old = {"secret_old": secret} if keeps_old else {}
    after = app_with(backends, secret=LATER, **old)
    browser, stranger = after.test_client(), after.test_client()
    browser.set_cookie("hearth", cookie.value)

    assert browser.get("/account").status_code == (200 if keeps_old else 302)
    found = [stranger.get(urlsplit(link).path).status_code for link in links]
    assert found == ([200, 200] if keeps_old else [404, 404])
