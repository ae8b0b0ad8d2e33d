"""Uploads in a real browser: a cut connection, a reload, a cancelled file, no script at all."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Recording, Upload
from app.settings import PART_BYTES
from tests.factories import make_account, make_community, make_membership, make_show
from tests.web.signing import PASSWORD

PARTS = 5


@dataclass
class Network:
    """What the browser puts to the store; the connection can be cut after some parts."""

    cut_after: int | None = None
    put: int = 0
    refused: int = 0
    numbers: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.route("**/parts/*", self._part)

    def _part(self, route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
        elif self.cut_after is not None and self.put >= self.cut_after:
            self.refused += 1
            route.abort("connectionreset")
        else:
            self.put += 1
            route.continue_()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file of four whole parts and a short one."""
    path = tmp_path / "ward round.mp3"
    path.write_bytes(os.urandom((PARTS - 1) * PART_BYTES + 12345))
    return path


@pytest.fixture
def sign_in(session: Session, live_server: str) -> Callable[[Page], None]:
    """Sign a producer in with a page, and open the upload page."""
    account = make_account(session)
    community = make_community(session)
    make_membership(session, account, community, "producer")
    make_show(session, community, title="Voices", slug="voices")
    session.commit()

    def enter(page: Page) -> None:
        page.goto(f"{live_server}/sign-in?next=/studio/upload")
        page.get_by_label("E-mail").or_(page.locator("[name=email]")).first.fill(account.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Upload a recording")).to_be_visible()
        page.wait_for_load_state()  # until the script has taken over, where there is one

    return enter


def choose(page: Page, *paths: Path) -> None:
    page.locator("#recording").set_input_files([str(path) for path in paths])
    page.get_by_label("Everyone who can be heard").check()
    page.get_by_role("button", name="Upload", exact=True).click()


def said(page: Page) -> Locator:
    """What the first recording's row says."""
    return page.locator(".sending [data-words]").first


def stored(backends: Backends) -> list[str]:
    """The hashes of everything that was received."""
    with backends.database.reading() as session:
        keys = session.scalars(sa.select(Recording.key)).all()
    return [hashlib.sha256(backends.store.read_range(key)).hexdigest() for key in keys]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_upload_goes_on_by_itself_when_the_connection_comes_back(
    page: Page, sign_in: Callable[[Page], None], recording: Path, backends: Backends
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
    page: Page, sign_in: Callable[[Page], None], recording: Path, backends: Backends
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
    page: Page, sign_in: Callable[[Page], None], tmp_path: Path, backends: Backends
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
    page: Page, sign_in: Callable[[Page], None], recording: Path, backends: Backends
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


def test_the_page_says_what_is_missing_before_anything_is_sent(
    page: Page, sign_in: Callable[[Page], None], recording: Path
) -> None:
    network = Network()
    network.watch(page)
    sign_in(page)

    page.locator("#recording").set_input_files(str(recording))
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("alert")).to_have_text("Confirm that everyone who can be heard has agreed.")
    expect(page.get_by_label("Everyone who can be heard")).to_be_focused()
    assert network.put == 0


def test_a_recording_can_be_sent_without_a_script(
    plain_page: Page, sign_in: Callable[[Page], None], tmp_path: Path, backends: Backends
) -> None:
    path = tmp_path / "ward_round.mp3"
    path.write_bytes(os.urandom(300_000))
    sign_in(plain_page)

    choose(plain_page, path)

    expect(plain_page.get_by_role("heading", name="Ward round")).to_be_visible()
    assert stored(backends) == [sha256(path)]
