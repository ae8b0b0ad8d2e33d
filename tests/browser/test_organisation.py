"""Signing in by a real provider of OpenID Connect that somebody else has written, in a real browser."""

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.backends import Backends, open_organisation, utc_now
from app.models import MemberRole
from app.services import accounts, members
from app.settings import Settings, read_settings
from tests.browser.conftest import NARROW
from tests.factories import make_account, make_community
from tests.postgres import free_port
from tests.web.signing import PASSWORD


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of the provider, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    server = subprocess.Popen(command, env={**os.environ, "NO_COLOR": "1"}, stderr=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/.well-known/openid-configuration", server)
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            requests.get(address, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the provider did not start")


@pytest.fixture
def settings(settings: Settings, provider: str) -> Settings:
    """With the provider."""
    return read_settings(
        {
            "HEARTH_DATA": str(settings.data),
            "HEARTH_SECRET": settings.secret,
            "PORT": str(settings.port),
            "HEARTH_OIDC_ISSUER": provider,
            "HEARTH_OIDC_CLIENT_ID": "hearth",
            "HEARTH_OIDC_CLIENT_SECRET": "secret",
            "HEARTH_OIDC_NAME": "Mersey Trust login",
        }
    )


@pytest.fixture
def backends(backends: Backends, settings: Settings) -> Backends:
    """With the provider, and its time."""
    return dataclasses.replace(backends, organisation=open_organisation(settings), clock=utc_now)


def known(provider: str, subject: str, email: str) -> None:
    """The provider knows this person."""
    claims = {"email": email, "email_verified": True, "name": "Cy Nurse"}
    requests.put(f"{provider}/users/{quote(subject)}", json=claims, timeout=10).raise_for_status()


def be(page: Page, subject: str) -> None:
    """Sign in at the provider."""
    page.locator("[name=sub]").first.fill(subject)
    page.get_by_role("button", name="Authorize").click()


def looked_at(page: Page, axe: Callable[[Page], list[str]], scrolls: Callable[[Page], bool]) -> list[str]:
    """What is wrong with this page, wide and narrow."""
    found = axe(page)
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size(NARROW)
    found += axe(page) + (["scrolls sideways"] if scrolls(page) else [])
    page.set_viewport_size(wide)
    return [f"{page.url}: {problem}" for problem in found]


def test_an_invitation_is_accepted_by_a_real_provider_and_used_again(
    page: Page,
    live_server: str,
    provider: str,
    backends: Backends,
    session: Session,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
) -> None:
    known(provider, "cy-1", "cy@example.org")
    by = make_account(session, name="Amina Facilitator")
    invitation = members.invite(
        session, make_community(session), "cy@example.org", MemberRole.producer, by, backends.clock()
    )
    session.commit()
    page.goto(members.link(invitation, backends.settings.secret, live_server))
    found = looked_at(page, axe, scrolls_sideways)
    page.get_by_role("link", name="Accept with Mersey Trust login").click()
    be(page, "cy-1")
    page.wait_for_url("**/studio/")
    page.goto(f"{live_server}/account/organisation")
    found += looked_at(page, axe, scrolls_sideways)
    account = accounts.find_account(session, "cy@example.org")
    assert account is not None
    assert (account.name, account.password) == ("Cy Nurse", None)
    session.rollback()

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{live_server}/sign-in?next=/account")
    found += looked_at(page, axe, scrolls_sideways)
    page.get_by_role("link", name="Sign in with Mersey Trust login").click()
    be(page, "cy-1")
    page.wait_for_url("**/account")
    assert "cy@example.org" in page.locator("main").inner_text()
    found += looked_at(page, axe, scrolls_sideways)

    assert found == []


def test_somebody_signed_in_connects_and_others_are_told_calmly(
    page: Page,
    live_server: str,
    provider: str,
    session: Session,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
) -> None:
    known(provider, "dee-1", "dee@elsewhere.example")
    known(provider, "nobody-1", "somebody.with.a.very.long.address@a-trust-with-a-long-name.example.org")
    dee = make_account(session, email="dee@example.org")
    session.commit()
    page.goto(f"{live_server}/sign-in")
    page.get_by_role("link", name="Sign in with Mersey Trust login").click()
    be(page, "nobody-1")
    page.get_by_role("heading", name="There is no account for you here yet").wait_for()
    found = looked_at(page, axe, scrolls_sideways)

    page.get_by_role("link", name="Sign in with your password").click()
    page.locator("[name=email]").fill(dee.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="see or change").click()
    found += looked_at(page, axe, scrolls_sideways)
    page.locator("[name=current]").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Go on to Mersey Trust login").click()
    be(page, "dee-1")
    page.get_by_text("is connected with Mersey Trust login since").wait_for()
    found += looked_at(page, axe, scrolls_sideways)
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("no longer connected with Mersey Trust login").wait_for()

    assert found == []


def test_without_scripts_a_button_goes_on(
    plain_page: Page, live_server: str, provider: str, session: Session
) -> None:
    known(provider, "eve-1", "eve@example.org")
    make_account(session, email="eve@example.org")
    session.commit()
    plain_page.goto(f"{live_server}/sign-in")
    plain_page.get_by_role("link", name="Sign in with Mersey Trust login").click()
    be(plain_page, "eve-1")

    plain_page.get_by_role("button", name="Continue").click()

    plain_page.wait_for_url("**/account")
