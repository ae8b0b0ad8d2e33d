"""Uploads in a real browser, for tests: the page, the network in between, and what was received."""

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
from app.models import Recording
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
def sign_in(session: Session, live_server: str) -> Callable[..., None]:
    """Sign a producer in with a page, and open the upload page."""
    account = make_account(session)
    community = make_community(session)
    make_membership(session, account, community, "producer")
    make_show(session, community, title="Voices", slug="voices")
    session.commit()

    def enter(page: Page, address: str = live_server) -> None:
        page.goto(f"{address}/sign-in?next=/studio/upload")
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
