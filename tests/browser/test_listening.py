"""What a page tells of its reader: that there was one, once, and nothing where they do not want it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from app.backends import Backends
from app.counting import spool
from app.models import Listening
from tests.browser.conftest import WIDE, Published, wait_for

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., tuple[Page, list[Request]]]]:
    """A person's page (a headless browser's is software) and the requests by which it told something."""
    contexts: list[BrowserContext] = []

    def enter(script: str = "") -> tuple[Page, list[Request]]:
        context = browser.new_context(viewport=WIDE, reduced_motion="reduce", user_agent=FIREFOX)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        told: list[Request] = []
        page.on("request", lambda request: told.append(request) if "/listening/" in request.url else None)
        return page, told

    yield enter
    for context in contexts:
        context.close()


def listen(page: Page, url: str) -> None:
    """Play a third of the minute, eight times as fast."""
    page.goto(url)
    page.evaluate("document.querySelector('audio').defaultPlaybackRate = 8")
    page.evaluate("document.querySelector('audio').playbackRate = 8")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, "document.querySelector('audio').currentTime > 20")
    page.get_by_role("button", name="Pause", exact=True).click()


def read(page: Page) -> None:
    """Look at every paragraph for a while."""
    page.evaluate("scrollTo(0, 0)")
    for paragraph in page.locator(".said").all():
        paragraph.evaluate("said => said.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(1300)


def told_by(backends: Backends) -> list[tuple[Listening, bool]]:
    folder = backends.settings.data / "counting"
    lines = [line for path in spool.files(folder) for line in spool.read(path, 0)[0]]
    return [(line.kind, line.is_software) for line in lines]


def test_a_quarter_that_was_heard_and_half_that_was_read_are_told_once(
    visit: Callable[..., tuple[Page, list[Request]]], published: Published, backends: Backends
) -> None:
    page, told = visit()
    listen(page, published.url)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, "document.querySelector('audio').currentTime > 40")
    read(page)
    page.wait_for_timeout(300)

    assert sorted(request.url.rpartition("/")[2] for request in told) == ["play", "read"]
    assert {request.method for request in told} == {"POST"}
    assert [request.post_data for request in told] == [None, None]
    # the player on our own page is no download, however much of the sound it asks for
    assert sorted(told_by(backends)) == [(Listening.play, False), (Listening.read, False)]


@pytest.mark.parametrize(("how", "plays"), [("", 1), ('sandbox="allow-scripts"', 0)])
def test_a_player_in_a_frame_elsewhere_tells_of_a_play_and_its_loading_is_no_download(
    visit: Callable[..., tuple[Page, list[Request]]],
    published: Published,
    live_server: str,
    elsewhere: Callable[..., str],
    backends: Backends,
    how: str,
    plays: int,
) -> None:
    page, _ = visit()
    page.goto(elsewhere(f"{live_server}/embed/{published.episode.guid}", how))
    page.wait_for_load_state("load")
    player = page.frames[1]
    player.locator("[data-play]").click()
    player.evaluate("document.querySelector('audio').playbackRate = 8")
    for _ in range(200):
        if player.evaluate("document.querySelector('audio').currentTime > 20"):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)

    assert told_by(backends) == [(Listening.play, False)] * plays


def test_who_looks_and_jumps_has_neither_listened_nor_read(
    visit: Callable[..., tuple[Page, list[Request]]], published: Published, backends: Backends
) -> None:
    page, told = visit()
    page.goto(published.url)
    wait_for(page, "document.querySelector('audio').readyState >= 1")
    page.get_by_role("button", name="Forward 30 seconds").click()
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, "document.querySelector('audio').currentTime > 30.5")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 0)")

    assert told == []
    assert told_by(backends) == []


@pytest.mark.parametrize("wish", ["globalPrivacyControl', {get: () => true", "doNotTrack', {get: () => '1'"])
def test_who_asks_not_to_be_followed_is_not(
    visit: Callable[..., tuple[Page, list[Request]]], published: Published, backends: Backends, wish: str
) -> None:
    page, told = visit(f"Object.defineProperty(navigator, '{wish}}})")
    listen(page, published.url)
    read(page)

    assert told == []
    assert told_by(backends) == []
