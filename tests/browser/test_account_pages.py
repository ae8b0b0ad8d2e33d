"""The pages of accounts and of the owner, for everybody who has to use them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, ViewportSize
from sqlalchemy.orm import Session

from app.backends import Backends
from app.services import accounts
from tests.browser.conftest import NARROW, WIDE
from tests.factories import make_account
from tests.web.signing import PASSWORD


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
    session.commit()
    found += _problems(page, [f"{live_server}/reset", link], axe, scrolls_sideways)
    page.goto(f"{live_server}/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/")
    own = [f"{live_server}{path}" for path in ("/account", "/studio/accounts", "/studio/health")]
    found += _problems(page, [*own, f"{live_server}/studio/communities/new"], axe, scrolls_sideways)

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
