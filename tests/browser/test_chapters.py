"""Chapters edited in a real browser, beside the sound; and where they are heard of afterwards."""

import io
from collections.abc import Callable

import pytest
from mutagen.id3 import ID3
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, Episode
from app.pipeline import housekeeping
from app.services import chapters
from tests.browser.conftest import Published, wait_for
from tests.factories import give_chapters, make_account, make_membership
from tests.web.signing import PASSWORD

SOUND = "document.querySelector('[data-sound]')"


@pytest.fixture
def producer(session: Session, published: Published) -> Account:
    """Who looks after the published episode."""
    account = make_account(session)
    make_membership(session, account, session.merge(published.episode).show.community, "producer")
    session.commit()
    return account


@pytest.fixture
def open_table(
    session: Session, published: Published, producer: Account, live_server: str
) -> Callable[..., None]:
    """Sign in and open the chapters, with a page of the test's own."""

    def enter(page: Page, **titles: str) -> None:
        give_chapters(session, session.merge(published.episode), **titles)
        session.commit()
        page.goto(f"{live_server}/sign-in")
        page.locator("[name=email]").fill(producer.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(f"{live_server}/studio/episodes/{published.episode.id}/chapters")

    return enter


def go_to(page: Page, second: int) -> None:
    """The sound stands there."""
    wait_for(page, f"{SOUND}.readyState >= 1")
    page.evaluate(f"{SOUND}.currentTime = {second}")
    wait_for(page, f"document.querySelector('[data-now]').textContent === '0:{second:02}'")


def said(backends: Backends, episode: Episode) -> list[tuple[str, str]]:
    with backends.database.reading() as session:
        return [(row.start, row.title) for row in chapters.rows(session.get_one(Episode, episode.id))]


def test_chapters_made_by_ear_reach_the_page_the_json_and_the_file(
    page: Page, open_table: Callable[..., None], published: Published, backends: Backends
) -> None:
    open_table(page)
    backends.clock.move(minutes=5)  # type: ignore[attr-defined]  # after the tags were last written
    expect(page.get_by_text("There are no chapters yet.")).to_be_visible()

    page.get_by_role("button", name="Add a chapter at 0:00").click()
    expect(page.get_by_label("Title (chapter 1)")).to_be_focused()
    page.keyboard.type("Welcome")
    go_to(page, 40)
    page.get_by_role("button", name="Add a chapter at 0:40").click()
    page.keyboard.type("Thanks")
    go_to(page, 20)
    page.get_by_role("button", name="Add a chapter at 0:20").click()
    page.keyboard.type("Falls")
    expect(page.get_by_label("Title (chapter 2)")).to_have_value("Falls")
    page.get_by_role("button", name="Save the chapters").click()

    expect(page.get_by_role("status").first).to_have_text("Saved.")
    wait_for(page, f"Math.abs({SOUND}.currentTime - 20) < 1")  # one goes on where one was
    page.goto(published.url)
    expect(page.locator(".chapters li")).to_have_text(["0:00 Welcome", "0:20 Falls", "0:40 Thanks"])
    answer = page.request.get(f"{backends.settings.public_url}/chapters/{published.episode.guid}.json")
    assert [one["startTime"] for one in answer.json()["chapters"]] == [0, 20, 40]

    assert housekeeping.renew_tags(backends) == 1
    with backends.database.reading() as later:
        enclosure = later.get_one(Episode, published.episode.id).enclosure
        assert enclosure is not None
        tags = ID3(io.BytesIO(backends.store.read_range(enclosure.key)))
    frames = {frame.start_time: frame.sub_frames["TIT2"].text[0] for frame in tags.getall("CHAP")}
    assert frames == {0: "Welcome", 20_000: "Falls", 40_000: "Thanks"}


def test_a_removal_can_be_undone_until_it_is_saved(
    page: Page, open_table: Callable[..., None], published: Published, backends: Backends
) -> None:
    open_table(page, at_0_00="Welcome", at_0_10="Falls", at_0_20="Thanks")

    page.get_by_role("button", name="Remove (chapter 1)").click()
    expect(page.get_by_role("button", name="Undo (chapter 1)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove (chapter 1)")).to_be_focused()
    expect(page.get_by_label("Title (chapter 1)")).to_be_enabled()
    page.get_by_role("button", name="Remove (chapter 2)").click()
    expect(page.get_by_label("Title (chapter 2)")).to_be_disabled()
    page.get_by_role("button", name="Save the chapters").click()

    expect(page.locator("[data-chapter]")).to_have_count(2)
    assert said(backends, published.episode) == [("0:00", "Welcome"), ("0:20", "Thanks")]


def test_a_time_is_heard_and_taken_from_the_sound(
    page: Page, open_table: Callable[..., None], published: Published, backends: Backends
) -> None:
    open_table(page, at_0_00="Welcome", at_0_10="Falls")

    page.get_by_role("button", name="Play from here (chapter 2)").click()
    wait_for(page, f"{SOUND}.currentTime >= 10 && !{SOUND}.paused")
    expect(page.locator(".chapter--now [name=title]")).to_have_value("Falls")
    page.evaluate(f"{SOUND}.pause()")
    go_to(page, 25)
    page.get_by_role("button", name="Set to now (chapter 1)").click()
    expect(page.get_by_label("Starts at (chapter 1)")).to_have_value("0:25")
    page.get_by_label("Starts at (chapter 2)").fill("soon")
    page.get_by_role("button", name="Play from here (chapter 2)").click()
    expect(page.locator("[data-live]")).to_contain_text("This is not a time.")
    expect(page.get_by_label("Starts at (chapter 2)")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0:50")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").first).to_have_text("Saved.")
    assert said(backends, published.episode) == [("0:25", "Welcome"), ("0:50", "Falls")]


def test_what_is_wrong_leads_to_its_cell(
    page: Page, open_table: Callable[..., None], axe: Callable[[Page], list[str]]
) -> None:
    open_table(page, at_0_00="Welcome", at_0_10="Falls")
    page.get_by_label("Starts at (chapter 2)").fill("9:00")
    page.get_by_label("Title (chapter 1)").fill("")
    page.get_by_role("button", name="Save the chapters").click()

    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Chapter 2: The recording ends at 1:00.").click()
    expect(page.get_by_label("Starts at (chapter 2)")).to_be_focused()
    expect(page.get_by_label("Starts at (chapter 2)")).to_have_accessible_description(
        "Error: The recording ends at 1:00."
    )
    assert axe(page) == []


def test_targets_fit_a_thumb_and_the_keyboard_goes_along_each_row(
    narrow_page: Page, open_table: Callable[..., None], scrolls_sideways: Callable[[Page], bool]
) -> None:
    open_table(narrow_page, at_0_00="Welcome", at_0_10="Falls")
    wait_for(narrow_page, "!document.querySelector('[data-add]').hidden")
    small = narrow_page.evaluate(
        "[...document.querySelectorAll('.chapters-edit :is(button, input)')].filter(one => one.offsetParent)"
        ".filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
    )
    names = []
    narrow_page.get_by_label("Starts at (chapter 1)").focus()
    for _ in range(6):
        names.append(narrow_page.evaluate("document.activeElement.name || document.activeElement.innerText"))
        narrow_page.keyboard.press("Tab")

    assert small == []
    assert [name.split("(")[0].strip() for name in names] == [
        "start",
        "title",
        "Play from here",
        "Set to now",
        "Remove",
        "start",
    ]
    assert not scrolls_sideways(narrow_page)


def test_without_scripts_it_is_a_form(
    plain_page: Page, open_table: Callable[..., None], published: Published, backends: Backends
) -> None:
    open_table(plain_page, at_0_00="Welcome")

    expect(plain_page.get_by_role("button", name="Remove")).to_have_count(0)
    plain_page.get_by_label("Starts at (chapter 2)").fill("0:30")
    plain_page.get_by_label("Title (chapter 2)").fill("Falls")
    plain_page.get_by_role("button", name="Save the chapters").click()
    plain_page.get_by_label("Starts at (chapter 1)").fill("")
    plain_page.get_by_label("Title (chapter 1)").fill("")
    plain_page.get_by_role("button", name="Save the chapters").click()

    expect(plain_page.get_by_role("status").first).to_have_text("Saved.")
    assert said(backends, published.episode) == [("0:30", "Falls")]
