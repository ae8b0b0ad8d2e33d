"""The episode page in a browser: player, moments, find, and the page without scripts."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Published


def test_play_begins_only_when_a_person_asks(page: Page, published: Published) -> None:
    page.goto(published.url)

    assert page.evaluate("document.querySelector('audio').paused")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.wait_for_function("document.querySelector('audio').currentTime > 0.2")
