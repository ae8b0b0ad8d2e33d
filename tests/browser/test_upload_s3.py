"""A browser with a store of S3 on another origin: parts go there and nowhere else, sound comes from there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from app.backends import Backends
from app.settings import Settings
from app.storage import open_store
from app.storage.s3 import S3Store
from tests.browser.conftest import Published, wait_for
from tests.browser.uploading import PARTS, choose, recording, said, sha256, sign_in, stored
from tests.storage.seaweed import Seaweed, running_seaweed

__all__ = ["recording", "sign_in"]


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("hearth")
        yield server


@pytest.fixture
def elsewhere_address(seaweed: Seaweed) -> str:
    """The store as browsers know it, by another name than the service does."""
    return seaweed.endpoint.replace("127.0.0.1", "localhost")


@pytest.fixture
def settings(
    settings: Settings, seaweed: Seaweed, elsewhere_address: str, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    # one server for the tests of this file, a place of its own for each
    url = seaweed.store_url("hearth", public_endpoint=elsewhere_address, prefix=f"p{settings.port}")
    return replace(settings, store_url=url, media="redirect")


@pytest.fixture
def backends(backends: Backends) -> Backends:
    """With the bucket open to pages of this service, as `flask migrate` does it."""
    store = open_store(backends.settings.store_url, base_url="", secret=b"")
    assert isinstance(store, S3Store)
    store.allow_uploads_from(backends.settings.public_url)
    return replace(backends, store=store)


def test_parts_go_straight_to_the_store_through_pause_and_reload(
    page: Page,
    sign_in: Callable[..., None],
    recording: Path,
    backends: Backends,
    elsewhere_address: str,
) -> None:
    put: list[Request] = []
    page.on("requestfinished", lambda asked: put.append(asked) if asked.method == "PUT" else None)
    page.on("dialog", lambda asked: asked.accept())
    sign_in(page)
    held: list[str] = []

    def hold_after_two(route: object, request: Request) -> None:
        if request.method == "PUT" and len(put) >= 2 and not held:
            held.append(request.url)
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route(f"{elsewhere_address}/**", hold_after_two)
    choose(page, recording)
    expect(said(page)).to_contain_text("Waiting for the connection", timeout=20_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    page.reload()
    choose(page, recording)
    expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=60_000)
    page.goto("about:blank")

    assert {asked.url.split("/hearth/")[0] for asked in put} == {elsewhere_address}
    assert len(put) == PARTS  # nothing twice
    assert stored(backends) == [sha256(recording)]


def test_sound_is_played_from_the_store_and_the_page_may_ask_nobody_else(
    page: Page, published: Published, elsewhere_address: str
) -> None:
    heard: list[str] = []
    page.on("response", lambda answer: heard.append(answer.url) if answer.status in (200, 206) else None)
    answer = page.goto(published.url)
    assert answer is not None
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    page.get_by_role("button", name="Play", exact=True).first.click()
    wait_for(page, "document.querySelector('audio').currentTime > 0.3")

    assert rules["connect-src"] == f"'self' {elsewhere_address}"
    assert rules["media-src"] == f"'self' blob: {elsewhere_address}"
    assert any(url.startswith(f"{elsewhere_address}/hearth/") for url in heard)
