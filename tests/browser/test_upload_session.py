"""Who signs out while a recording is on its way is told so, and can go on."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from app.backends import Backends
from tests.browser.uploading import Network, choose, recording, said, sha256, sign_in, stored

__all__ = ["recording", "sign_in"]

SIGNED_OUT = "You have been signed out. Sign in in another window, then choose Continue here."


def sign_out(page: Page, address: str) -> None:
    page.goto(f"{address}/account")
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_load_state()


def test_who_was_signed_out_signs_in_elsewhere_and_continues(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends, live_server: str
) -> None:
    network = Network(cut_after=1)
    network.watch(page)
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    other = page.context.new_page()
    sign_out(other, live_server)
    network.cut_after = None

    expect(page.locator(".sending [data-reason]")).to_have_text(SIGNED_OUT, timeout=30_000)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".sending [data-reason]")).to_have_text(SIGNED_OUT)
    sign_in(other)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)
    assert stored(backends) == [sha256(recording)]
    assert network.put == 5


def test_a_token_that_no_longer_counts_is_fetched_anew_without_a_word(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=1)
    network.watch(page)
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    page.evaluate("() => { document.querySelector('[name=csrf_token]').value = 'too old'; }")
    network.cut_after = None

    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)
    assert stored(backends) == [sha256(recording)]
