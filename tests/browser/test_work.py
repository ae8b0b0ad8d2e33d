"""The page of work in a real browser: it follows by itself, can be paused, and works without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.models import RecordingState
from tests.browser.conftest import NARROW, WIDE
from tests.factories import make_account
from tests.web.signing import PASSWORD
from tests.web.working import Working, make_working


@pytest.fixture
def working(session: Session, live_server: str) -> Working:
    """A service at work, and its owner."""
    made = make_working(session)
    make_account(session, email="owner@example.org", name="Olu", is_owner=True)
    session.commit()
    return made


def open_work(page: Page, live_server: str) -> None:
    """Sign in as the owner and go there."""
    page.goto(f"{live_server}/sign-in?next=/studio/work")
    page.locator("[name=email]").fill("owner@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/work")


def test_it_follows_by_itself_can_be_paused_and_keeps_the_focus(
    page: Page,
    live_server: str,
    working: Working,
    session: Session,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
) -> None:
    open_work(page, live_server)
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        found += axe(page)
        assert not scrolls_sideways(page)
    again = page.get_by_role("button", name="Try again From an old phone")
    again.focus()
    working.mastered.state = RecordingState.ready
    session.commit()

    expect(page.get_by_role("status")).to_have_text("2 stopped, 1 in work, 2 waiting; 2 workers running.")
    expect(page.get_by_text("Handover at the bedside")).to_have_count(0)
    expect(again).to_be_focused()
    assert found == []

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.get_by_role("button", name="Try again Falls and frailty").click()
    expect(page.get_by_role("status")).to_have_text("1 stopped, 1 in work, 3 waiting; 2 workers running.")


def test_without_a_script_it_is_loaded_again(plain_page: Page, live_server: str, working: Working) -> None:
    open_work(plain_page, live_server)

    expect(plain_page.get_by_text("Load the page again to see how things are now.")).to_be_visible()
    expect(plain_page.get_by_role("button", name="Pause")).to_have_count(0)
    plain_page.get_by_role("button", name="Try again Falls and frailty").click()
    expect(plain_page.get_by_role("status")).to_contain_text("1 stopped, 2 in work, 3 waiting")
