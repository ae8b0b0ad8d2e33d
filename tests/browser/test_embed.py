"""The player in a frame on a page of another origin, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Frame, Page, expect
from sqlalchemy.orm import Session

from app.models import EpisodeState
from tests.browser.conftest import Published, wait_for

PAUSED = "document.querySelector('audio').paused"
NOW = "document.querySelector('audio').currentTime"
LOADED = "document.querySelector('audio').readyState >= 1"
SORRY = "This recording is not available any more."


@pytest.fixture
def embed(published: Published, live_server: str) -> str:
    """The address of the player."""
    return f"{live_server}/embed/{published.episode.guid}"


def framed(page: Page) -> Frame:
    """The frame on the page, when it has loaded."""
    page.wait_for_load_state("load")
    return page.frames[1]


def until(page: Page, frame: Frame, condition: str) -> None:
    """As wait_for, in a frame."""
    for _ in range(200):
        if frame.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {condition}")


def test_it_plays_in_a_frame_of_another_origin_and_keeps_nothing(
    page: Page, embed: str, elsewhere: Callable[..., str], live_server: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    here = elsewhere(embed)
    page.goto(here)
    frame = framed(page)

    assert frame.evaluate(PAUSED)
    frame.get_by_role("button", name="Play", exact=True).click()
    until(page, frame, f"!{PAUSED} && {NOW} > 0.2")
    frame.get_by_role("button", name="Pause", exact=True).click()
    frame.get_by_text("Transcript", exact=True).first.click()
    frame.get_by_role("link", name="Play from 0:00").click()
    until(page, frame, f"!{PAUSED}")

    assert frame.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
    assert page.context.cookies() == []
    assert {url for url in asked if not url.startswith((live_server + "/", here))} == set()


def test_it_plays_in_a_sandbox_too(page: Page, embed: str, elsewhere: Callable[..., str]) -> None:
    page.goto(elsewhere(embed, 'sandbox="allow-scripts"'))
    frame = framed(page)

    frame.get_by_role("button", name="Play", exact=True).click()
    until(page, frame, f"!{PAUSED} && {NOW} > 0.2")
    assert frame.evaluate("getComputedStyle(document.querySelector('.player')).borderStyle") == "solid"


def test_no_other_page_of_the_service_can_be_framed(
    browser: Browser, published: Published, elsewhere: Callable[..., str], live_server: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    shown = {}
    for address in (published.url, f"{live_server}/sign-in", f"{live_server}/"):
        page.goto(elsewhere(address))
        shown[address] = framed(page).url
    context.close()

    assert set(shown.values()) == {"chrome-error://chromewebdata/"}


def test_a_frame_of_what_is_gone_is_polite(
    page: Page,
    embed: str,
    published: Published,
    session: Session,
    elsewhere: Callable[..., str],
    axe: Callable[[Page], list[str]],
) -> None:
    session.merge(published.episode).state = EpisodeState.unpublished
    session.commit()
    page.goto(elsewhere(embed))

    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text(SORRY)
    page.goto(embed)
    assert axe(page) == []


@pytest.mark.parametrize("width", [1280, 640, 320, 200])
def test_it_can_be_read_and_used_at_any_width(
    page: Page,
    embed: str,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
    width: int,
) -> None:
    page.set_viewport_size({"width": width, "height": 420})
    page.goto(embed)
    wait_for(page, "document.body.classList.contains('js-enabled')")

    assert not scrolls_sideways(page)
    page.get_by_text("Transcript", exact=True).first.click()
    expect(page.get_by_text("Falls went down after we moved")).to_be_visible()
    assert not scrolls_sideways(page)
    assert axe(page) == []


def test_by_keyboard_one_plays_and_opens_the_words(page: Page, embed: str) -> None:
    page.set_viewport_size({"width": 640, "height": 420})
    page.goto(embed)
    wait_for(page, LOADED)
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || document.activeElement.type"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", reached
        if reached[-1] == "Transcript":
            break
    page.keyboard.press("Enter")

    assert [name.split()[0] for name in reached] == [
        "Full",
        "Play",
        "Back",
        "Forward",
        "range",
        "0.75",
        "Download",
        "Transcript",
    ]
    expect(page.get_by_text("Falls went down after we moved")).to_be_visible()


def test_an_address_with_a_moment_opens_the_words_there(page: Page, embed: str) -> None:
    page.goto(f"{embed}#t=10")

    wait_for(page, f"{LOADED} && Math.abs({NOW} - 10) < 1")
    expect(page.locator(".is-landed")).to_be_in_viewport()
    assert page.evaluate(PAUSED)


def test_without_scripts_it_is_heard_and_read(plain_page: Page, embed: str) -> None:
    plain_page.goto(embed)

    expect(plain_page.locator("audio[controls]")).to_be_visible()
    plain_page.get_by_text("Transcript", exact=True).first.click()
    expect(plain_page.get_by_text("Falls went down after we moved")).to_be_visible()


def test_the_code_of_the_frame_is_copied_from_the_page_of_the_episode(
    page: Page, published: Published, embed: str, axe: Callable[[Page], list[str]]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(published.url)
    wait_for(page, LOADED)
    page.get_by_text("Embed", exact=True).press("Enter")
    page.get_by_role("button", name="Copy the code").click()

    expect(page.locator("#embed-copied")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f'<iframe src="{embed}" title="')
    assert axe(page) == []
