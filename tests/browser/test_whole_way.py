"""The main job as a new person does it: from the first link to a sentence found and played.

The service runs as `./dev serve` runs it, in processes of its own: waitress, worker, real Whisper.
"""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
#: Said in the sample: "... not an ill disposed young man".
SAMPLES = ("0870", "0880", "0890")
PASSWORD = "a quiet lamp on the stairs"


@dataclass(frozen=True)
class Service:
    """The running service."""

    url: str
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """The standard output of one of its commands."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[Service]:
    """Web and worker on a data directory of their own."""
    port = free_port()
    service = Service(
        f"http://127.0.0.1:{port}",
        {
            **os.environ,
            "HEARTH_DATA": str(tmp_path_factory.mktemp("whole-way")),
            "HEARTH_WEIGHTS": str(weights.parent),
            "PORT": str(port),
        },
    )
    service.command("migrate")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", name], env=service.environment, cwd=ROOT
        )
        for name in ("web", "worker")
    ]
    _wait_for(service.url + "/robots.txt")
    yield service
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=20)


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} does not answer")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real speech as a producer's recorder writes it: 48 kHz stereo, 24 bit; three parts of an upload."""
    pieces = []
    for number in SAMPLES:
        with wave.open(str(LIBRIVOX / f"sense_and_sensibility_01_austen_64kb-{number}.wav")) as sample:
            assert sample.getframerate() == 16000
            pieces.append(np.frombuffer(sample.readframes(sample.getnframes()), dtype="<i2"))
            pieces.append(np.zeros(12000, dtype="<i2"))
    speech = np.concatenate(pieces * 4).astype(np.int32)
    at_48_khz = np.interp(np.arange(0, len(speech), 1 / 3), np.arange(len(speech)), speech).astype("<i4") << 8
    frames = np.repeat(at_48_khz, 2).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    path = tmp_path_factory.mktemp("recorder") / "ward round.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(48000)
        file.writeframes(frames)
    return path


def test_a_recording_becomes_an_episode_that_is_found_by_a_sentence(
    service: Service, recording: Path, page: Page
) -> None:
    page.set_default_timeout(20_000)
    _become_owner(page, service)
    _make_community_and_show(page)
    _upload_with_a_cut(page, recording)
    _mend_and_publish(page)

    page.get_by_role("link", name="See the public page").click()
    expect(page.get_by_role("heading", level=1, name="An ill disposed young man")).to_be_visible()
    expect(page.get_by_text("Machine transcript by Whisper base, not checked")).to_be_visible()
    _play_and_seek(page)
    _search_and_land(page, service)


def _become_owner(page: Page, service: Service) -> None:
    page.goto(service.command("owner-link"))
    page.get_by_label("Your name").fill("Robin Owner")
    page.get_by_label("E-mail address").fill("owner@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()


def _make_community_and_show(page: Page) -> None:
    page.goto(re.sub(r"(?<=\d)/.*", "/studio/", page.url))
    page.get_by_role("link", name="Add a community").first.click()
    page.get_by_label("Name", exact=True).fill("Reading aloud")
    page.locator("main form").get_by_role("button").first.click()
    page.goto(re.sub(r"(?<=\d)/.*", "/studio/", page.url))
    page.get_by_role("link", name="Add a show to Reading aloud").click()
    page.get_by_label("Title", exact=True).fill("Old novels")
    page.locator("[name=description]").fill("Pages that nurses like to hear.")
    page.locator("main form").get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1, name="Old novels")).to_be_visible()


def _upload_with_a_cut(page: Page, recording: Path) -> None:
    """The connection breaks after the first part and comes back by itself."""
    arrived: list[str] = []
    refused: list[str] = []

    def part(route: Route) -> None:
        if len(arrived) == 1 and len(refused) < 2:
            refused.append(route.request.url)
            route.abort("connectionreset")
        else:
            arrived.append(route.request.url)
            route.continue_()

    page.route("**/parts/*", part)
    page.goto(re.sub(r"(?<=\d)/.*", "/studio/upload", page.url))
    page.locator("#recording").set_input_files(str(recording))
    page.get_by_label("Everyone who can be heard").check()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("[data-list] [data-words]")).to_have_text("Ready", timeout=180_000)
    page.unroute("**/parts/*")

    assert len(refused) == 2
    assert len(arrived) == 3


def _mend_and_publish(page: Page) -> None:
    page.locator("[data-list] [data-open]").click()
    page.get_by_role(
        "link", name=re.compile("Change (the )?title|Edit|title and notes", re.IGNORECASE)
    ).first.click()
    page.locator("[name=title]").fill("An ill disposed young man")
    page.locator("[name=notes]").fill("About **Mr Dashwood** and what was prudently in his power.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="Published")).to_be_visible()


def _play_and_seek(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()
    audio = page.locator("audio").element_handle()
    page.wait_for_function("audio => audio.currentTime > 0.2 && !audio.paused", arg=audio)
    page.get_by_role("button", name="Forward 30").click()
    page.wait_for_function("audio => audio.currentTime > 30", arg=audio)
    page.get_by_role("button", name="Pause").click()


def _search_and_land(page: Page, service: Service) -> None:
    page.goto(service.url + '/search?q="disposed+young+man"')
    hit = page.get_by_role("link", name=re.compile("Play from")).first
    expect(page.locator("mark").first).to_be_visible()
    hit.click()

    expect(page.get_by_role("heading", level=1, name="An ill disposed young man")).to_be_visible()
    seconds = int(re.search(r"#t=(\d+)", page.url).group(1))  # type: ignore[union-attr]
    audio = page.locator("audio").element_handle()
    page.wait_for_function(
        "([audio, seconds]) => Math.abs(audio.currentTime - seconds) < 1.5", arg=[audio, seconds]
    )
