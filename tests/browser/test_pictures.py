"""The pictures of README and the guide are made here, so that they stay true; see pictures.py."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.backends import Backends
from tests.browser.conftest import wait_for
from tests.browser.guide_world import GuideWorld, make_guide_world
from tests.browser.pictures import FOLDER, MOST_BYTES, differences, take
from tests.web.signing import PASSWORD

SHOWN = re.compile(r"!\[([^\]]+)\]\((?:docs/)?pictures/([a-z-]+)\.png\)")
DOCS = FOLDER.parent


@pytest.fixture
def world(session: Session, backends: Backends, minute_of_sound: bytes) -> GuideWorld:
    """What the pictures show."""
    return make_guide_world(session, backends, minute_of_sound)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page as it is in Britain, in which nothing moves."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_every_picture_shows_what_is_there(
    page: Page, live_server: str, world: GuideWorld, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    found = _public(page, live_server, world)
    page.set_viewport_size({"width": 820, "height": 820})
    page.goto(f"{live_server}/sign-in")
    page.locator("[name=email]").fill(world.facilitator.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/")
    studio = f"{live_server}/studio"
    episode = f"{studio}/episodes/{world.draft.id}"
    found += _sending(page, studio, world, tmp_path)
    found += _reading(page, episode)
    found += _publishing(page, episode)
    found += _chapters(page, f"{studio}/episodes/{world.public.id}/chapters")
    found += _around(page, studio, world)

    assert found == [], "Run `python -m tests.browser.pictures`, look at docs/pictures, and commit them."


def _public(page: Page, address: str, world: GuideWorld) -> list[str]:
    """What everybody sees: an episode, the code of its frame, the search."""
    here = f"{address}/shows/{world.show.slug}/{world.public.slug}"
    page.goto(here)
    wait_for(page, "document.querySelector('audio').readyState > 0")
    last = page.locator("#transcript .said").last
    found = take(page, "episode", page.locator("header.masthead"), last)
    page.set_viewport_size({"width": 820, "height": 820})
    page.goto(here)
    page.locator(".share summary").click()
    page.evaluate("document.activeElement.blur()")
    found += take(page, "embed", page.locator(".player"), page.locator(".player-more"))
    page.goto(f"{address}/search?q=handover")
    return found + take(page, "search", page.locator("main h1"), page.locator(".hit").last)


def _sending(page: Page, studio: str, world: GuideWorld, folder: Path) -> list[str]:
    """The form, filled in, and a recording on its way."""
    page.goto(f"{studio}/upload")
    page.locator("[name=title]").fill(world.draft.title)
    sound = folder / "night-shift.mp3"
    sound.write_bytes(b"ID3" + bytes(3_400_000))
    page.locator("[name=recording]").set_input_files(sound)
    page.get_by_label("Everyone who can be heard").check()
    page.evaluate("document.activeElement.blur()")
    found = take(page, "upload", page.locator("main h1"), page.locator("[data-send]"))
    page.goto(f"{studio}/episodes/{world.working.id}")
    return found + take(page, "progress", page.locator("main h1"), page.locator("section.box").first)


def _reading(page: Page, episode: str) -> list[str]:
    """Sentences with their times, one of them open for correction."""
    page.goto(f"{episode}/transcript")
    page.locator(".sentence:has(mark)").first.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Sentence")).to_be_focused()
    page.locator("audio").evaluate("sound => { sound.pause(); sound.currentTime = 5; }")
    return take(page, "transcript", page.locator("main h1"), page.locator(".sentence").last)


def _publishing(page: Page, episode: str) -> list[str]:
    """Now, later, or for one person first; and what is worth mending before."""
    page.goto(episode)
    found = take(page, "publish", page.locator(".box--publish"), page.locator(".box--publish"))
    page.goto(f"{episode}/schedule")
    found += take(page, "schedule", page.locator("main h1"), page.locator("main form"))
    page.goto(f"{episode}/draft-links")
    page.get_by_role("button", name="Make a draft link").click()
    expect(page.locator("#link")).to_be_visible()
    return found + take(page, "draft-link", page.locator("main h1"), page.locator("main .rows"))


def _chapters(page: Page, address: str) -> list[str]:
    page.goto(address)
    expect(page.get_by_role("button", name="Add a chapter at")).to_be_visible()
    return take(page, "chapters", page.locator("main h1"), page.locator("main form .acts-row").last)


def _around(page: Page, studio: str, world: GuideWorld) -> list[str]:
    """The show: its feed, its listeners, several episodes at once; and who works with it."""
    show = f"{studio}/shows/{world.show.slug}"
    page.goto(f"{show}/doctor")
    found = take(page, "feed-check", page.locator("main h1"), page.locator(".checked"))
    page.goto(show)
    found += take(page, "listeners", page.locator(".listeners"), page.locator(".listeners"))
    page.goto(show)
    for title in (world.draft.title, world.working.title):
        page.get_by_label(f"Choose {title}").check()
    page.evaluate("document.activeElement.blur()")
    found += take(page, "several", page.get_by_role("heading", name="Episodes"), page.locator(".bulk"))
    page.goto(f"{studio}/communities/{world.show.community.slug}/members")
    found += take(page, "members", page.locator("main h1"), page.locator("main section").last)
    page.goto(show)
    page.get_by_label(f"Choose {world.working.title}").check()
    page.get_by_role("button", name="Move to the bin").click()
    page.get_by_role("button", name="Move them to the bin").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    return found + take(page, "undo", page.locator(".said--undo"), page.locator(".said--undo"))


def test_every_picture_is_told_in_words_and_small() -> None:
    told = {}
    for document in (DOCS / "producers.md", DOCS.parent / "README.md"):
        told |= {name: words for words, name in SHOWN.findall(document.read_text("utf-8"))}

    assert told.keys() == {path.stem for path in FOLDER.glob("*.png")}
    assert told.keys() == {path.stem for path in FOLDER.glob("*.txt")}
    assert [name for name, words in told.items() if len(words) < 30] == []
    assert [path.name for path in FOLDER.glob("*.png") if path.stat().st_size >= MOST_BYTES] == []


def test_a_picture_that_shows_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Image.new("RGB", (820, 300), "white").save(path)
    words = (FOLDER / "publish.txt").read_text("utf-8")

    same = differences("publish", (FOLDER / "publish.png").read_bytes(), words)
    white = differences("publish", path.read_bytes(), words.replace("Publish", "Print"))

    assert same == []
    assert ["reads" in fault or "looks" in fault or "was (" in fault for fault in white].count(True) >= 2
    assert "there is no picture" in differences("no-such", b"", "")[0]
