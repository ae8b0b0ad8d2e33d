"""The pictures of README and the producer's guide, taken anew from a running demo.

Run it beside `./dev demo`, with the same HEARTH_DATA, when the demo's episodes are published:

    python -m tests.browser.pictures http://127.0.0.1:8000 docs/pictures

Makes the owner's account where there is none yet, sends one recording the ordinary way, and puts its draft
into the bin at the end.
"""

import argparse
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
EMAIL, PASSWORD = "sam@example.org", "lantern-otter-plum"
EPISODE = "The handover at the bedside"
DRAFT = "What the night shift taught us"
MOST_BYTES = 200_000
SLOW_MS = 600_000


def main() -> int:
    """Take all of them."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("url", help="where the demo is")
    asked.add_argument("folder", type=Path, help="where the pictures go")
    said = asked.parse_args()
    said.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(
            base_url=said.url,
            viewport={"width": 1280, "height": 800},
            reduced_motion="reduce",
            locale="en-GB",
        )
        page = context.new_page()
        sound = _episode(page, said.folder, Path(scratch))
        _sign_in(page)
        page.set_viewport_size({"width": 820, "height": 820})
        _upload(page, said.folder, sound)
        _transcript(page, said.folder)
        _publish(page, said.folder)
        browser.close()
    return 0


def _episode(page: Page, folder: Path, scratch: Path) -> Path:
    """The public page of an episode; its sound, to be sent once more as somebody's recording."""
    page.goto("/")
    page.get_by_role("link", name=EPISODE).first.click()
    expect(page.get_by_role("heading", level=1, name=EPISODE)).to_be_visible()
    page.wait_for_load_state("networkidle")
    _keep(page.screenshot(), folder / "episode.png")
    address = page.locator("audio source, audio[src]").first.get_attribute("src") or ""
    answer = page.request.get(address)
    assert answer.ok, f"{address}: {answer.status}"
    sound = scratch / "night-shift.mp3"
    sound.write_bytes(answer.body())
    return sound


def _sign_in(page: Page) -> None:
    """As the owner: by the first link, or by the password of an earlier run."""
    command = [sys.executable, "-m", "flask", "--app", "app", "owner-link"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    link = re.search(r"/welcome/\S+", said)
    page.goto(link[0] if link else "/sign-in")
    if link:
        page.get_by_label("Your name").fill("Sam")
        page.locator("[name=again]").fill(PASSWORD)
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url(re.compile("/(studio|account)"))


def _upload(page: Page, folder: Path, sound: Path) -> None:
    """The form, filled in, and the steps while they happen."""
    page.goto("/studio/upload?show=steady-steps")
    page.locator("[name=title]").fill(DRAFT)
    page.locator("[name=recording]").set_input_files(str(sound))
    page.get_by_label("Everyone who can be heard").check()
    _keep(_down_to(page, page.locator("[data-send]")), folder / "upload.png")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("[data-words]").first).to_have_text(re.compile("Transcribing"), timeout=SLOW_MS)
    _keep(_down_to(page, page.locator("[data-more]")), folder / "progress.png")
    expect(page.get_by_role("link", name="Open the episode")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Open the episode").click()
    expect(page.get_by_role("heading", level=1, name=DRAFT)).to_be_visible()


def _transcript(page: Page, folder: Path) -> None:
    """Sentences with their times, one of them open for correction."""
    here = page.url
    page.get_by_role("link", name="Read and correct the transcript").click()
    sentences = page.locator(".sentence")
    risky = page.locator(".sentence:has(mark)")
    (risky if risky.count() else sentences).first.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Sentence")).to_be_focused()
    page.locator("audio").evaluate("sound => sound.pause()")
    page.evaluate("window.scrollTo(0, 0)")
    _keep(page.screenshot(), folder / "transcript.png")
    page.goto(here)


def _publish(page: Page, folder: Path) -> None:
    """The page of a draft that is ready; then it goes to the bin."""
    page.wait_for_load_state("networkidle")
    _keep(_down_to(page, page.locator(".box--publish")), folder / "publish.png")
    page.get_by_role("link", name="Move this episode to the bin").click()
    page.get_by_role("button", name="Move to the bin").click()
    expect(page.get_by_role("heading", name="In the bin")).to_be_visible()


def _down_to(page: Page, last: Locator) -> bytes:
    """The page from its top to below this element, with nothing focused or pointed at."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("window.scrollTo(0, 0)")
    box = last.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] + 32
    width = page.evaluate("document.documentElement.clientWidth")
    return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})


def _keep(png: bytes, path: Path) -> None:
    """With as many colours as its size allows: pages are drawn in few."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            return
    raise SystemExit(f"{path} is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    sys.exit(main())
