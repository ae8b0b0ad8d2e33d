"""The upload page's form in a real browser: files dropped on it, and what is wrong said all at once."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from app.backends import Backends
from tests.browser.uploading import Network, choose, recording, sha256, sign_in, stored

__all__ = ["recording", "sign_in"]

NOT_AGREED = "Confirm that everyone who can be heard has agreed."


def test_the_page_says_what_is_missing_before_anything_is_sent(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], list[str]]
) -> None:
    network = Network()
    network.watch(page)
    sign_in(page)
    title = page.title()

    page.get_by_role("button", name="Upload", exact=True).click()

    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(["Choose a recording.", NOT_AGREED])
    expect(page.locator("#recording")).to_have_accessible_description("Error: Choose a recording.")
    expect(page).to_have_title(f"Error: {title}")
    assert axe(page) == []
    summary.get_by_role("link", name=NOT_AGREED).click()
    expect(page.get_by_label("Everyone who can be heard")).to_be_focused()
    assert network.put == 0


def test_every_file_that_cannot_be_sent_is_named_and_mending_it_is_enough(
    page: Page, sign_in: Callable[..., None], tmp_path: Path, backends: Backends
) -> None:
    paths = [tmp_path / name for name in ("one.mp3", "two.mp3", "three.mp3")]
    for path, size_bytes in zip(paths, (1000, 0, 0), strict=True):
        path.write_bytes(os.urandom(size_bytes))
    sign_in(page)
    title = page.title()

    page.locator("#recording").set_input_files([str(path) for path in paths])
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.locator(".nhsuk-error-summary").get_by_role("link")).to_have_text(
        ["“two.mp3” is empty.", "“three.mp3” is empty.", NOT_AGREED]
    )
    choose(page, paths[0])
    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible()
    expect(page.locator(".nhsuk-error-summary")).to_have_count(0)
    expect(page).to_have_title(title)
    assert stored(backends) == [sha256(paths[0])]


def test_a_recording_can_be_dropped_on_the_page(
    page: Page, sign_in: Callable[..., None], backends: Backends
) -> None:
    sign_in(page)
    page.get_by_label("Everyone who can be heard").check()
    dropped = page.evaluate_handle(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(70000).fill(7)], "dropped.mp3"));
          return dropped;
        }"""
    )
    drop = page.locator("[data-drop]")
    drop.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(drop).to_have_class("drop drop--over")
    drop.dispatch_event("drop", {"dataTransfer": dropped})
    expect(drop).to_have_class("drop")
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible()
    assert [len(backends.store.read_range(info.key)) for info in backends.store.list("recordings")] == [70000]


def test_what_the_service_refuses_stands_at_its_field_and_the_files_stay_chosen(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    sign_in(page)
    title = page.get_by_label("Title")
    title.fill("t" * 300)
    expect(title).to_have_value("t" * 255)
    title.evaluate("field => { field.value = 't'.repeat(300); }")  # as a page that is too old would take it
    choose(page, recording)

    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(
        ["Use 255 characters or fewer. At present there are 300."]
    )
    expect(title).to_have_accessible_description(re.compile(r"Error:\s+Use 255"))
    expect(page.locator(".sending")).to_have_count(0)
    title.fill("A title")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=30_000)
    assert stored(backends) == [sha256(recording)]
