"""Every public page in a browser: WCAG 2.2 A and AA by axe-core, wide and narrow, and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize
from sqlalchemy.orm import Session

from app.models import Chapter
from app.services import transcripts
from tests.browser.conftest import NARROW, WIDE, Published, wait_for
from tests.factories import WHEN

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft_" * 2


@pytest.fixture
def addresses(published: Published, session: Session, live_server: str) -> list[str]:
    """All public pages, with rich and with overlong data."""
    episode = session.merge(published.episode)
    show, community = episode.show, episode.show.community
    episode.summary = episode.content_note = f"A summary with {LONG}"
    episode.notes = f"# Notes\n\n- [link](https://example.org/{LONG})\n\n> {LONG}"
    show.description = community.domain = community.practice = LONG
    community.learning_agenda = "- What we want to learn"
    community.links = [{"title": LONG, "url": "https://example.org/"}]
    community.contact_email = "contact@example.org"
    episode.chapters.extend([Chapter(start_ms=0, title="Welcome"), Chapter(start_ms=5000, title=LONG)])
    assert episode.transcript is not None
    episode.transcript.checked_at = WHEN
    for row, speaker in zip(episode.transcript.segments, ("Ada", LONG[:100], "Ada", "Bea"), strict=True):
        row.speaker = speaker
    session.flush()
    transcripts.index(session, episode)
    session.commit()
    paths = (
        "/",
        "/communities",
        f"/communities/{community.slug}",
        f"/shows/{show.slug}",
        f"/shows/{show.slug}/{episode.slug}#t=10",
        f"/embed/{episode.guid}#t=10",
        "/search",
        "/search?q=falls",
        f"/search?q={LONG}",
        "/accessibility",
        "/privacy",
        "/sign-in",
        "/nothing-here",
    )
    return [live_server + path for path in paths]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_breaks_wcag_or_scrolls_sideways(
    page: Page,
    addresses: list[str],
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
    size: ViewportSize,
) -> None:
    page.set_viewport_size(size)
    problems = []
    for address in addresses:
        page.goto(address)
        wait_for(page, "document.body.classList.contains('js-enabled')")
        problems += [f"{address}: {problem}" for problem in axe(page)]
        if scrolls_sideways(page):
            problems.append(f"{address}: wider than {size['width']} px")

    assert problems == []


def test_an_empty_service_breaks_nothing_either(
    page: Page, live_server: str, axe: Callable[[Page], list[str]], scrolls_sideways: Callable[[Page], bool]
) -> None:
    page.set_viewport_size(NARROW)
    problems = []
    for path in ("/", "/communities", "/search"):
        page.goto(live_server + path)
        problems += axe(page)
        assert not scrolls_sideways(page)

    assert problems == []


def test_twice_as_large_text_fits_the_narrow_page(
    narrow_page: Page, published: Published, scrolls_sideways: Callable[[Page], bool]
) -> None:
    narrow_page.set_viewport_size({"width": 640, "height": 700})
    narrow_page.goto(published.url)
    narrow_page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert not scrolls_sideways(narrow_page)


FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    name: element.cloneNode(false).outerHTML,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none",
    seen: box.bottom > 0 && box.top < innerHeight
      && (top === element || element.contains(top) || top?.contains(element)),
  };
}"""


def test_by_keyboard_everything_is_reached_with_a_focus_that_can_be_seen(
    page: Page, addresses: list[str]
) -> None:
    page.goto(
        next(
            address for address in addresses if "/shows/" in address and address.endswith("#t=10")
        ).partition("#")[0]
    )
    wait_for(page, "document.body.classList.contains('js-enabled')")
    hidden, names = [], []
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        names.append(focus["name"])
        if not (focus["ring"] and focus["seen"]):
            hidden.append(focus)

    assert hidden == []
    everything = " ".join(names)
    for reached in (
        'class="skip"',
        "data-play",
        "data-step",
        "player__slider",
        "data-moment",
        "data-follow",
        "download",
    ):
        assert reached in everything


def test_going_backwards_the_sticky_player_hides_no_focus(page: Page, published: Published) -> None:
    page.set_viewport_size({"width": 800, "height": 600})
    page.goto(published.url)
    wait_for(page, "document.body.classList.contains('js-enabled')")
    page.get_by_role("link", name="Privacy").focus()
    hidden = []
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        focus = page.evaluate(FOCUS)
        if focus is None or not focus["seen"]:
            hidden.append(focus)

    assert hidden == []


def test_targets_are_large_enough_for_a_thumb(narrow_page: Page, published: Published) -> None:
    narrow_page.goto(published.url)
    wait_for(narrow_page, "document.body.classList.contains('js-enabled')")
    heights = narrow_page.evaluate(
        "[...document.querySelectorAll('button, select, input[type=search], .button')]"
        ".filter(one => one.offsetParent)"
        ".map(one => [one.textContent.trim() || one.id, one.getBoundingClientRect().height])"
    )

    assert [name for name, height in heights if height < 44] == []
