"""Everything by keyboard alone: each page walked through, and the main job done without a mouse."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.models import Account, Recording
from app.pipeline.border import Hands
from tests.audio.sounds import make_voice, write_wav
from tests.browser.conftest import NARROW, WIDE, wait_for
from tests.browser.keyboard import stands_still, tab_to, walk, walk_back
from tests.factories import make_account, make_community, make_membership, make_show
from tests.fakes import SaidAloud
from tests.pipeline.making import all_the_way
from tests.web.page_set import Filled, at_first, fill, with_organisation
from tests.web.signing import PASSWORD

#: States of an episode whose pages differ by what can be done on them.
STATES = ("ready", "scheduled", "story", "failed", "binned")


@pytest.fixture
def backends(backends: Backends) -> Backends:
    """With everything that an operator can set."""
    return with_organisation(backends)


@pytest.fixture
def hands(backends: Backends) -> Iterator[Hands]:
    """This process as a worker; what is said is given, not heard."""
    said = SaidAloud()
    yield Hands.take(replace(backends, engine=lambda: said), "here")
    Hands.let_go()


def test_every_page_is_walked_by_keyboard_alone(
    page: Page, live_server: str, session: Session, backends: Backends
) -> None:
    faults = [
        fault for first in at_first(session, backends) for fault in look(page, live_server + first.path)
    ]
    filled = fill(create_app(backends=backends), session, backends)
    seen: set[str] = set()
    for role in ("anonymous", "half", "facilitator", "owner"):
        if account := filled.account(role):
            page.context.clear_cookies()
            sign_in(page, live_server, account)
        for path in paths(filled, role):
            if path not in seen:
                seen.add(path)
                faults += look(page, live_server + path)

    assert faults == []


def paths(filled: Filled, role: str) -> Iterator[str]:
    """Whatever is a page for them."""
    for one in filled.pages:
        name = one.name.partition(" as ")[0]
        state = name.partition(", ")[2].partition(",")[0]
        if one.role == role and (not state or (state in STATES and name.startswith("episode"))):
            yield one.path


def sign_in(page: Page, address: str, account: Account) -> None:
    """By keyboard."""
    page.goto(f"{address}/sign-in")
    tab_to(page, "E-mail address")
    page.keyboard.type(account.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def look(page: Page, address: str) -> list[str]:
    """What cannot be done on this page; nothing where it is no page."""
    answer = page.request.get(address, max_redirects=0)
    if not answer.headers.get("content-type", "").startswith("text/html") or answer.status // 100 == 3:
        return []
    page.goto(address)
    wait_for(page, "document.readyState === 'complete'")
    faults = walk(page)
    if stands_still(page):
        page.set_viewport_size(NARROW)
        faults += walk_back(page)
        page.set_viewport_size(WIDE)
    return [f"{address}: {fault}" for fault in faults]


def test_the_walk_tells_what_cannot_be_done(page: Page) -> None:
    page.set_content("""
        <style>.bare:focus { outline: none } .over { position: fixed; inset: 0 0 50% 0 }</style>
        <a class=skip href=#end>Skip to main content</a> <a href=#a class=bare>Bare</a>
        <div style="height: 40px"><a href=#b>Under</a></div><div class=over></div>
        <button onkeydown="event.preventDefault()">Trap</button><a href=#c>Never</a>""")

    assert walk(page) == [
        "a “Skip to main content” is hidden",
        "a “Bare” looks the same with the focus",
        "a “Bare” is hidden",
        "a “Under” is hidden",
        "button “Trap” is hidden",
        "button “Trap” keeps the focus",
    ]
    assert stands_still(page)
    page.goto("about:blank")
    page.set_content("""<a class=skip href=#end>Skip to main content</a><a href=#a tabindex=2>Second</a>
        <a href=#b tabindex=1>First</a><main><a href=#c>Main</a></main>""")
    assert walk(page) == ["a “Second” comes after a “First”, which leads back"]
    page.goto("about:blank")
    page.set_content("""<a class=skip href=#no>Skip to main content</a> <a href=#a>One</a>
        <main><a href=#c>Main</a>
        <details><summary onclick="event.preventDefault()">More</summary>x</details></main>""")
    assert walk(page) == ["summary “More” does not open", "the skip link leads to a “One”"]


def test_the_main_job_is_done_by_keyboard_alone(
    page: Page, live_server: str, session: Session, hands: Hands, tmp_path: Path
) -> None:
    community = make_community(session, name="Nurses")
    account = make_account(session, name="Bea New")
    make_membership(session, account, community, "facilitator")
    make_show(session, community, title="Voices", slug="voices")
    session.commit()
    sign_in(page, live_server, account)

    tab_to(page, "Upload")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Upload a recording")).to_be_visible()
    tab_to(page, "Title")
    page.keyboard.type("The handover")
    tab_to(page, "Recording")
    page.locator("#recording").set_input_files(write_wav(tmp_path / "voice.wav", make_voice(3)))
    tab_to(page, "Everyone who can be heard")
    page.keyboard.press("Space")
    tab_to(page, "Upload")
    page.keyboard.press("Enter")
    expect(page.locator(".sending [data-words]").first).to_have_text(
        re.compile("Received|Waiting for its turn")
    )
    recording = session.scalars(sa.select(Recording)).one()
    session.commit()
    assert all_the_way(hands.backends, recording.id)

    _publish(page)
    _correct(page)
    _find_and_play(page, live_server)


def _publish(page: Page) -> None:
    expect(page.get_by_role("link", name="Open the episode")).to_be_visible()
    tab_to(page, "Open the episode")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="The handover")).to_be_visible()
    tab_to(page, "Publish")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Published")).to_be_visible()


def _correct(page: Page) -> None:
    tab_to(page, "Read and correct the transcript")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Transcript of")).to_be_visible()
    tab_to(page, "Edit")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sentence").first).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("We moved the lantern to the bedside.")
    page.keyboard.press("Enter")
    expect(page.locator("[data-text]").first).to_have_text("We moved the lantern to the bedside.")


def _find_and_play(page: Page, address: str) -> None:
    tab_to(page, "Search")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/search")
    tab_to(page, "Words that were said or written")
    page.keyboard.type("lantern")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text("lantern")
    tab_to(page, "Play from")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="The handover")).to_be_visible()
    tab_to(page, "Play")
    page.keyboard.press("Space")
    wait_for(page, "document.querySelector('audio').currentTime > 0.1")
