"""The episode page in a browser: player, moments, chapters, and what this device remembers."""

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.models import Chapter
from tests.browser.conftest import Published, wait_for

NOW = "document.querySelector('audio').currentTime"
PAUSED = "document.querySelector('audio').paused"
LOADED = "document.querySelector('audio').readyState >= 1"


def at(page: Page, second: float) -> None:
    """Wait until the sound stands within a second of this one."""
    wait_for(page, f"Math.abs({NOW} - {second}) < 1")


def test_it_plays_only_when_a_person_asks(page: Page, published: Published) -> None:
    page.goto(published.url)

    wait_for(page, LOADED)
    assert page.evaluate(PAUSED)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    wait_for(page, f"{NOW} > 0.2")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_buttons_step_back_and_forward_within_the_recording(page: Page, published: Published) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)

    page.get_by_role("button", name="Forward 30 seconds").click()
    at(page, 30)
    page.get_by_role("button", name="Back 15 seconds").click()
    at(page, 15)
    page.get_by_role("button", name="Back 15 seconds").click()
    page.get_by_role("button", name="Back 15 seconds").click()
    at(page, 0)


def test_the_slider_moves_by_keys_and_by_one_press_and_says_where_it_is(
    page: Page, published: Published
) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    slider = page.get_by_role("slider", name="Position in the recording")

    slider.focus()
    slider.press("ArrowRight")
    at(page, 5)
    expect(slider).to_have_attribute("aria-valuetext", "5 seconds of 1 minute")
    slider.click()  # in its middle, without dragging (WCAG 2.5.7)
    at(page, 30)
    slider.press("Home")
    at(page, 0)


def test_speed_is_kept_on_this_device(page: Page, published: Published) -> None:
    page.goto(published.url)
    page.get_by_label("Speed").select_option("1.5")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5
    page.reload()

    expect(page.get_by_label("Speed")).to_have_value("1.5")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5


def test_the_place_is_kept_on_this_device(page: Page, published: Published) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    page.get_by_role("button", name="Forward 30 seconds").click()
    at(page, 30)
    page.reload()

    wait_for(page, LOADED)
    at(page, 30)
    assert page.evaluate(PAUSED)


def test_a_link_to_a_moment_goes_there_and_shows_the_sentence_without_playing(
    page: Page, published: Published
) -> None:
    page.goto(published.url + "#t=10")

    wait_for(page, LOADED)
    at(page, 10)
    assert page.evaluate(PAUSED)
    landed = page.locator(".is-landed")
    expect(landed).to_have_text("Falls went down after we moved the handover to the bedside.")
    expect(landed).to_be_in_viewport()


def test_a_moment_may_be_written_as_a_clock_and_bad_ones_are_left_alone(
    page: Page, published: Published
) -> None:
    page.goto(published.url + "#t=0:10,0:20")
    at(page, 10)

    page.goto(published.url + "#t=nonsense")
    page.reload()
    wait_for(page, LOADED)
    expect(page.locator(".is-landed")).to_have_count(0)


def test_a_time_in_the_transcript_plays_from_there_and_is_a_link_to_it(
    page: Page, published: Published
) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    time = page.locator(".said__time").first
    page.get_by_role("button", name="Forward 30 seconds").click()

    expect(time).to_have_accessible_name("Play from 0:00")
    time.click()
    wait_for(page, f"!{PAUSED} && {NOW} < 5")
    assert page.url.endswith("#t=0")


def test_chapters_play_from_their_start_and_the_current_one_is_marked(
    page: Page, published: Published, session: Session
) -> None:
    episode = session.merge(published.episode)
    episode.chapters.extend([Chapter(start_ms=0, title="Welcome"), Chapter(start_ms=20_000, title="Falls")])
    session.commit()
    page.goto(published.url)
    wait_for(page, LOADED)

    page.get_by_role("link", name="0:20 Falls").click()
    wait_for(page, f"!{PAUSED} && {NOW} >= 20")
    expect(page.locator(".chapters [aria-current]")).to_have_text("0:20 Falls")


def test_a_time_in_the_notes_plays_from_there(page: Page, published: Published, session: Session) -> None:
    session.merge(published.episode).notes = "- 0:25 What helped"
    session.commit()
    page.goto(published.url)
    wait_for(page, LOADED)

    page.get_by_role("link", name="0:25", exact=True).click()
    wait_for(page, f"!{PAUSED} && {NOW} >= 25")
    assert page.url.endswith("#t=25")


def test_a_link_to_this_moment_can_be_copied(page: Page, published: Published) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(published.url)
    wait_for(page, LOADED)
    page.get_by_role("button", name="Forward 30 seconds").click()
    page.get_by_role("button", name="Copy link to this moment").click()

    expect(page.locator("[data-player-said]")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()") == published.url + "#t=30"


def test_sound_that_cannot_be_loaded_is_said_in_words(page: Page, published: Published) -> None:
    page.route("**/media/**", lambda route: route.abort())
    page.goto(published.url)

    expect(page.locator("[data-player-said]")).to_contain_text("The sound could not be loaded.")


def test_no_single_key_does_anything(page: Page, published: Published) -> None:
    page.goto(published.url)
    wait_for(page, LOADED)
    for key in ("k", "j", "l", "m", "Space", "ArrowRight"):
        page.locator("body").press(key)

    assert page.evaluate(PAUSED)
    assert page.evaluate(NOW) == 0


def test_without_scripts_it_is_heard_and_read(plain_page: Page, published: Published) -> None:
    plain_page.goto(published.url + "#t=10")

    expect(plain_page.locator("audio[controls]")).to_be_visible()
    expect(plain_page.get_by_text("Falls went down after we moved")).to_be_in_viewport()
    time = plain_page.locator(".said__time").first
    assert "/media/" in (time.get_attribute("href") or "")
    for needs_scripts in ("Play", "Copy link to this moment", "Next place"):
        expect(plain_page.get_by_role("button", name=needs_scripts)).to_have_count(0)
    expect(plain_page.get_by_label("Find in this transcript")).to_have_count(1)
    expect(plain_page.get_by_label("Find in this transcript")).to_be_hidden()
