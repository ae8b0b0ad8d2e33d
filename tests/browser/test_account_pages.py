"""The pages of accounts and of the owner, for everybody who has to use them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, ViewportSize
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import MemberRole
from app.services import accounts, members
from tests.browser.conftest import NARROW, WIDE
from tests.factories import make_account, make_community, make_membership
from tests.web.signing import PASSWORD

#: What is open to whoever is signed in, here the owner.
OWN = (
    "/account",
    "/account/email",
    "/account/leave/nurses",
    "/studio/accounts",
    "/studio/health",
    "/studio/work",
    "/studio/communities/new",
)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_account_page_breaks_wcag_or_scrolls_sideways(
    page: Page,
    live_server: str,
    backends: Backends,
    session: Session,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
    size: ViewportSize,
) -> None:
    page.set_viewport_size(size)
    token = accounts.owner_link_token(session, backends.settings.secret)
    session.rollback()
    found = _problems(page, [f"{live_server}/welcome/{token}"], axe, scrolls_sideways)
    owner = make_account(session, is_owner=True)
    link = accounts.reset_link(
        owner, backends.settings.secret, live_server, backends.clock() + timedelta(hours=1)
    )
    email = owner.email
    nurses = make_community(session, slug="nurses")
    asked = [
        members.link(
            members.invite(session, nurses, to, MemberRole.producer, owner, backends.clock()),
            backends.settings.secret,
            live_server,
        )
        for to in ("new@example.org", email)
    ]
    make_membership(session, owner, nurses, "facilitator")
    session.commit()
    found += _problems(page, [f"{live_server}/reset", link, *asked], axe, scrolls_sideways)
    page.goto(f"{live_server}/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/")
    own = [f"{live_server}{path}" for path in OWN]
    found += _problems(page, [*own, asked[0]], axe, scrolls_sideways)

    assert found == []


def _problems(
    page: Page,
    addresses: list[str],
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
) -> list[str]:
    found = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        if answer.status not in (200, 503):  # the health page says that no worker runs in this test
            found.append(f"{address}: {answer.status}")
        found += [f"{address}: {problem}" for problem in axe(page)]
        if scrolls_sideways(page):
            found.append(f"{address}: scrolls sideways")
    return found
