"""A real service on a free port, and a real browser that looks at it.

`live_server` serves the test's own backends by waitress; commit before the browser is to see a row.
"""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy.orm import Session
from waitress.server import create_server

from app import create_app
from app.backends import Backends
from app.models import Episode
from app.settings import Settings, read_settings
from app.web.vendor import TEST_TOOLS, install
from tests.factories import make_published

CHROMIUM = "/usr/bin/chromium"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",
)
WIDE = ViewportSize(width=1280, height=900)
NARROW = ViewportSize(width=320, height=700)


@pytest.fixture(scope="session", autouse=True)
def front_end() -> None:
    """NHS.UK frontend and axe-core, installed by npm unless they are there."""
    install(tests=True)


@pytest.fixture
def own_socket() -> Iterator[socket.socket]:
    """A free port of the loopback, held so that nobody else takes it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held


@pytest.fixture
def settings(settings: Settings, own_socket: socket.socket) -> Settings:
    """The test's settings, with the address at which the browser finds the service."""
    env = {"HEARTH_DATA": str(settings.data), "HEARTH_SECRET": settings.secret}
    return read_settings({**env, "PORT": str(own_socket.getsockname()[1])})


@pytest.fixture
def live_server(backends: Backends, own_socket: socket.socket) -> Iterator[str]:
    """The address of the running service."""
    server = create_server(
        create_app(backends=backends), sockets=[own_socket], threads=8, max_request_body_size=2**31
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield backends.settings.public_url
    # closed by its own loop: a socket closed under another thread's poll is an error there
    server.trigger.pull_trigger(lambda: _close(server))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()


def _close(server: Any) -> None:
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A wide page in a browser profile of its own, without motion. Errors of scripts fail the test."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if _is_fault(said.text) else None)
    yield page
    context.close()
    assert faults == []


def _is_fault(words: str) -> bool:
    return "Content Security Policy" in words or "Uncaught" in words


@pytest.fixture
def narrow_page(page: Page) -> Page:
    """The same at 320 px (WCAG 1.4.10)."""
    page.set_viewport_size(NARROW)
    return page


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript."""
    context = browser.new_context(viewport=WIDE, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds against WCAG 2.2 A and AA: one line for each kind of problem, with the places."""
    source = Path(TEST_TOOLS / "axe.min.js").read_text("utf-8")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def problems(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
            tags,
        )
        return [
            f"{rule['id']}: {rule['help']}: {[node['target'] for node in rule['nodes']]}"
            for rule in found["violations"]
        ]

    return problems


def wait_for(page: Page, condition: str) -> None:
    """Until this JavaScript is true. Playwright's own way needs `eval`, which our policy forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {condition}")


@pytest.fixture
def scrolls_sideways() -> Callable[[Page], bool]:
    """Whether the page is wider than its window (WCAG 1.4.10)."""

    def wider(page: Page) -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    return wider


@pytest.fixture(scope="session")
def minute_of_sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real MP3 of sixty seconds, for players."""
    path = tmp_path_factory.mktemp("sound") / "minute.mp3"
    source = "sine=frequency=220:duration=60:sample_rate=44100"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source]
    subprocess.run([*command, "-ac", "1", "-b:a", "32k", str(path)], check=True, timeout=60)
    return path.read_bytes()


@dataclass(frozen=True)
class Published:
    """An episode with its sound in the store, and where its page is."""

    episode: Episode
    url: str


@pytest.fixture
def published(session: Session, backends: Backends, live_server: str, minute_of_sound: bytes) -> Published:
    """A public episode that can be played."""
    episode = make_published(session, sound=minute_of_sound)
    assert episode.enclosure_id is not None
    session.refresh(episode, ["enclosure"])
    assert episode.enclosure is not None
    backends.store.put_bytes(episode.enclosure.key, minute_of_sound)
    session.commit()
    return Published(episode, f"{live_server}/shows/{episode.show.slug}/{episode.slug}")


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., str]]:
    """A site of somebody else's on another port: gives the address of a page that frames this one."""
    framed: list[str] = ["", ""]

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address, how = framed
            frame = f'<iframe src="{address}" title="A talk" width="640" height="420" {how}></iframe>'
            body = f"<!doctype html><html lang=en><title>Elsewhere</title><h1>Elsewhere</h1>{frame}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def page_with(address: str, how: str = "") -> str:
        framed[:] = address, how
        return f"http://127.0.0.1:{server.server_port}/"

    yield page_with
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
