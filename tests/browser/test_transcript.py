"""The transcript in a browser: follows the sound, is searched, and leaves the reader in peace."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.backends import Backends
from tests.browser.conftest import Published, wait_for
from tests.factories import SENTENCES, make_published

LOADED = "document.querySelector('audio').readyState >= 1"


@pytest.fixture
def hour(session: Session, backends: Backends, live_server: str, minute_of_sound: bytes) -> Published:
    """An episode with a thousand sentences (the sound is shorter, which does not matter here)."""
    said = tuple(f"Sentence {number}: {SENTENCES[number % 4]}" for number in range(1000))
    episode = make_published(session, sound=minute_of_sound, sentences=said)
    session.refresh(episode, ["enclosure"])
    assert episode.enclosure is not None
    backends.store.put_bytes(episode.enclosure.key, minute_of_sound)
    session.commit()
    return Published(episode, f"{live_server}/shows/{episode.show.slug}/{episode.slug}")


def test_the_sentence_that_is_said_is_marked(page: Page, published: Published) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    page.get_by_role("slider").press("ArrowRight")

    expect(page.locator("[data-said] [aria-current]")).to_have_text(SENTENCES[1])


def test_following_can_be_switched_off_and_stays_off(page: Page, published: Published) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_label("Follow the words while it plays").uncheck()
    expect(page.locator(".is-now")).to_have_count(0)
    page.reload()

    wait_for(page, LOADED)
    expect(page.get_by_label("Follow the words while it plays")).not_to_be_checked()
    page.get_by_role("slider").press("ArrowRight")
    expect(page.locator(".is-now")).to_have_count(0)


def test_playing_does_not_pull_back_somebody_who_reads_elsewhere(page: Page, hour: Published) -> None:
    page.goto(hour.url)
    wait_for(page, LOADED)
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_text("Sentence 700:").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    page.evaluate("document.querySelector('audio').currentTime = 20")

    expect(page.locator(".is-now")).to_contain_text("Sentence 4:")
    assert page.evaluate("scrollY") == before


def test_the_page_scrolls_along_with_somebody_who_reads_what_is_said(page: Page, hour: Published) -> None:
    page.set_viewport_size({"width": 320, "height": 500})
    page.goto(hour.url)
    wait_for(page, LOADED)
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_text("Sentence 0:").scroll_into_view_if_needed()
    expect(page.locator(".is-now")).to_contain_text("Sentence 0:")
    page.evaluate("document.querySelector('audio').currentTime = 46")

    expect(page.locator(".is-now")).to_contain_text("Sentence 9:")
    expect(page.locator(".is-now")).to_be_in_viewport()


def test_find_counts_marks_and_steps_round(page: Page, published: Published) -> None:
    page.goto(published.url)
    said = page.locator("[data-find-said]")
    page.get_by_label("Find in this transcript").fill("the")

    expect(said).to_contain_text("4 places.")
    expect(page.locator("mark")).to_have_count(4)
    page.get_by_role("button", name="Next place").click()
    expect(said).to_have_text("1 of 4")
    expect(page.locator("mark.is-here")).to_be_in_viewport()
    page.get_by_role("button", name="Previous place").click()
    expect(said).to_have_text("4 of 4")
    page.get_by_label("Find in this transcript").press("Enter")
    expect(said).to_have_text("1 of 4")


def test_find_knows_nothing_of_case_and_says_when_there_is_nothing(page: Page, published: Published) -> None:
    page.goto(published.url)
    field = page.get_by_label("Find in this transcript")

    field.fill("GOOD MORNING")
    expect(page.locator("mark")).to_have_text(["Good morning"])
    field.fill("zebra")
    expect(page.locator("[data-find-said]")).to_have_text("Not found in this transcript.")
    field.fill("")
    expect(page.locator("mark")).to_have_count(0)
    expect(page.get_by_text(SENTENCES[0])).to_be_visible()


def test_a_thousand_sentences_are_found_and_landed_on(page: Page, hour: Published) -> None:
    page.goto(hour.url + "#t=4500")

    expect(page.locator(".is-landed")).to_contain_text("Sentence 900:")
    expect(page.locator(".is-landed")).to_be_in_viewport()
    page.get_by_label("Find in this transcript").fill("nurses")
    expect(page.locator("[data-find-said]")).to_contain_text("250 places.")
