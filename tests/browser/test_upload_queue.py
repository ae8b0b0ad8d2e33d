"""Several files on their way in a real browser: what stops one stops no other, and it can go on later."""

import json
import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from app.backends import Backends
from app.models import Upload
from app.settings import PART_BYTES
from tests.browser.uploading import Network, choose, recording, said, sha256, sign_in, stored

__all__ = ["recording", "sign_in"]

FULL = "There is no room left on the service. Tell the operator; what has been sent is kept."


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A second file."""
    path = tmp_path / "two.mp3"
    path.write_bytes(os.urandom(1000))
    return path


def row(page: Page, name: str) -> Locator:
    return page.locator(".sending").filter(has_text=name)


def press(page: Page, words: str, name: str) -> None:
    page.get_by_role("button", name=f"{words} {name}").click()


def is_done(page: Page, name: str) -> None:
    expect(row(page, name).get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)


def is_large(route: Route) -> bool:
    """Whether this is a part of the large file."""
    token = route.request.url.rpartition("/")[2].partition(".")[0]
    said_there = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return int(said_there["size_bytes"]) > 1000


def uploads(backends: Backends) -> list[Upload]:
    with backends.database.reading() as session:
        return list(session.scalars(sa.select(Upload)))


def test_a_file_that_waits_for_its_turn_can_be_paused_and_cancelled(
    page: Page, sign_in: Callable[..., None], recording: Path, small: Path, tmp_path: Path, backends: Backends
) -> None:
    network = Network(cut_after=0)
    network.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    third = tmp_path / "three.mp3"
    third.write_bytes(b"three")
    sign_in(page)
    choose(page, recording, small, third)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)

    press(page, "Pause", "two.mp3")
    press(page, "Cancel", "three.mp3")
    expect(row(page, "two.mp3")).to_contain_text("Paused")
    expect(row(page, "three.mp3").locator("[data-words]")).to_have_text("Cancelled")

    network.cut_after = None
    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]
    press(page, "Continue", "two.mp3")
    is_done(page, "two.mp3")
    assert sorted(stored(backends)) == sorted([sha256(recording), sha256(small)])


@pytest.mark.parametrize(("status", "words"), [(507, FULL), (413, "does not take as much at once")])
def test_a_file_that_stops_lets_the_next_one_go_on_and_continues_later(
    page: Page,
    sign_in: Callable[..., None],
    recording: Path,
    small: Path,
    backends: Backends,
    status: int,
    words: str,
) -> None:
    is_full = [True]
    page.route(
        "**/parts/*",
        lambda route: route.fulfill(status=status) if is_full and is_large(route) else route.continue_(),
    )
    sign_in(page)
    choose(page, recording, small)

    is_done(page, "two.mp3")
    expect(row(page, recording.name)).to_contain_text("Stopped at")
    expect(row(page, recording.name).locator("[data-reason]")).to_contain_text(words)
    is_full.clear()
    press(page, "Continue", recording.name)
    is_done(page, recording.name)
    assert sorted(stored(backends)) == sorted([sha256(recording), sha256(small)])


def test_what_nobody_expected_in_one_file_does_not_end_the_queue(
    page: Page, sign_in: Callable[..., None], recording: Path, small: Path, backends: Backends
) -> None:
    page.route("**/studio/uploads", lambda route: route.fulfill(json={"arrived": 5}), times=1)
    sign_in(page)
    choose(page, recording, small)

    is_done(page, "two.mp3")
    expect(row(page, recording.name)).to_contain_text("Something went wrong")
    press(page, "Continue", recording.name)
    is_done(page, recording.name)
    assert sorted(stored(backends)) == sorted([sha256(recording), sha256(small)])


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503])
def test_a_part_that_is_refused_once_arrives_all_the_same(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends, status: int
) -> None:
    page.route("**/parts/*", lambda route: route.fulfill(status=status, json={}), times=1)
    sign_in(page)
    choose(page, recording)

    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]


def test_a_service_that_does_not_answer_is_not_called_a_lost_connection(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    is_down = [True]
    page.route("**/parts/*", lambda route: route.fulfill(status=503) if is_down else route.continue_())
    sign_in(page)
    choose(page, recording)

    expect(said(page)).to_contain_text("The service does not answer as it should", timeout=20_000)
    is_down.clear()
    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]


def test_a_page_of_a_guest_network_is_a_lost_connection(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    page.route("**/complete", lambda route: route.fulfill(body="<p>Welcome to our Wi-Fi"), times=1)
    sign_in(page)
    choose(page, recording)

    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]


def test_a_paused_file_continues_and_arrives_whole(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=2)
    network.watch(page)
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    press(page, "Pause", recording.name)
    expect(said(page)).to_have_text("Paused at 17 of 34 MB")
    network.cut_after = None
    page.wait_for_timeout(1500)
    expect(said(page)).to_have_text("Paused at 17 of 34 MB")

    press(page, "Continue", recording.name)

    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]
    assert network.put == 5


def test_a_file_paused_while_its_parts_are_on_their_way_arrives_whole(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    held: list[Route] = []
    page.route("**/parts/*", lambda route: held.append(route), times=3)
    sign_in(page)
    choose(page, recording)
    for _ in range(100):
        if len(held) == 3:
            break
        page.wait_for_timeout(50)
    press(page, "Pause", recording.name)
    press(page, "Continue", recording.name)

    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]


def test_leaving_the_page_is_asked_about_only_while_something_is_sent(
    page: Page, sign_in: Callable[..., None], recording: Path
) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss() if dialog.type == "beforeunload" and len(asked) == 1 else dialog.accept()

    page.on("dialog", note)
    network = Network(cut_after=0)
    network.watch(page)
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    page.evaluate("() => { setTimeout(() => location.assign('/studio/'), 0); }")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]

    press(page, "Pause", recording.name)
    page.goto(page.url.replace("/upload", "/"))
    assert asked == ["beforeunload"]


def test_a_changed_file_is_not_mixed_with_what_had_arrived_of_the_old_one(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    """Same name, same size, same beginning: a recording that was cut differently at the end."""
    network = Network(cut_after=3)
    network.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    content = bytearray(recording.read_bytes())
    content[PART_BYTES + 5] ^= 1

    page.reload()
    recording.write_bytes(content)
    network.cut_after = None
    choose(page, recording)

    is_done(page, recording.name)
    assert stored(backends) == [sha256(recording)]


def test_a_file_cancelled_while_it_is_opened_is_given_up_on_the_service(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    held: list[Route] = []
    page.route("**/studio/uploads", lambda route: held.append(route))
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_have_text("Getting ready")
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    press(page, "Cancel", recording.name)
    expect(said(page)).to_have_text("Cancelling")
    held[0].continue_()

    expect(said(page)).to_have_text("Cancelled")
    assert uploads(backends) == []


def test_a_file_cancelled_without_a_connection_says_what_becomes_of_it(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=1)
    network.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    page.context.set_offline(True)
    press(page, "Cancel", recording.name)

    expect(said(page)).to_have_text(
        re.compile("Cancelled here; what was sent is thrown away by itself within a week")
    )
    assert len(uploads(backends)) == 1
