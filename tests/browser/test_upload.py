"""Uploads in a real browser: a cut connection, a reload, a cancelled file, no script at all."""

import os
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.backends import Backends
from app.models import Upload
from tests.browser.uploading import PARTS, Network, choose, recording, said, sha256, sign_in, stored

__all__ = ["recording", "sign_in"]


def test_an_upload_goes_on_by_itself_when_the_connection_comes_back(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=2)
    network.watch(page)
    sign_in(page)

    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    assert stored(backends) == []
    network.cut_after = None

    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)
    assert stored(backends) == [sha256(recording)]
    assert network.put == PARTS


def test_after_a_reload_the_same_file_goes_on_and_nothing_is_sent_twice(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=2)
    network.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)

    page.reload()
    expect(page.get_by_text("You can close the page")).to_be_visible()
    network.cut_after = None
    choose(page, recording)

    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)
    assert stored(backends) == [sha256(recording)]
    assert network.put == PARTS


def test_several_files_become_several_recordings(
    page: Page, sign_in: Callable[..., None], tmp_path: Path, backends: Backends
) -> None:
    paths = [tmp_path / "one.mp3", tmp_path / "two.mp3"]
    for path in paths:
        path.write_bytes(os.urandom(100_000))
    sign_in(page)
    expect(page.get_by_text("You can close the page")).to_be_visible()

    choose(page, *paths)

    expect(page.get_by_role("link", name="Add title and notes")).to_have_count(2, timeout=30_000)
    assert sorted(stored(backends)) == sorted(sha256(path) for path in paths)


def test_a_paused_upload_continues_and_a_cancelled_one_is_forgotten(
    page: Page, sign_in: Callable[..., None], recording: Path, backends: Backends
) -> None:
    network = Network(cut_after=1)
    network.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)

    page.get_by_role("button", name="Pause").click()
    expect(said(page)).to_contain_text("Paused")
    page.get_by_role("button", name="Cancel").click()

    expect(said(page)).to_have_text("Cancelled")
    with backends.database.reading() as session:
        assert session.scalars(sa.select(Upload)).all() == []
    assert stored(backends) == []


def test_a_recording_can_be_sent_without_a_script(
    plain_page: Page, sign_in: Callable[..., None], tmp_path: Path, backends: Backends
) -> None:
    path = tmp_path / "ward_round.mp3"
    path.write_bytes(os.urandom(300_000))
    sign_in(plain_page)

    choose(plain_page, path)

    expect(plain_page.get_by_role("heading", name="Ward round")).to_be_visible()
    assert stored(backends) == [sha256(path)]
