"""The pictures of README and the producer's guide, and whether they still show what is there.

The browser tests take all of them and hold them against docs/pictures: what can be read on a picture
lies beside it as text and must be the same; how it looks is compared coarsely, since fonts differ
between machines. To take them anew, look at them, and commit them with what changed them:

    python -m tests.browser.pictures
"""

import io
import os
import re
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Locator, Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
#: Set by the command above: write instead of comparing.
UPDATE = "TAKE_PICTURES_ANEW"
MOST_BYTES = 150_000
#: What the service is called in the pictures, whose addresses are those of the test.
SHOWN_AS = "https://stories.example.org"

#: How much of a picture may be another one where fonts are other ones: its height, and the mean difference
#: of its small copy in grey, of 255.
_MOST_TALLER = 0.08
_MOST_OTHER = 14.0
_SMALL = (48, 48)

_ADDRESS = re.compile(r"^ *- /url:.*\n", re.MULTILINE)
#: Addresses and tokens are other ones each time.
_REPLACE = """([here, shown]) => {
  const mend = (text) => text.replaceAll(here, shown)
    .replace(/\\/(draft|invitation)\\/[\\w.-]+/g, "/$1/Yd3kQ0vN7tLr");
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = mend(texts.currentNode.data);
  for (const field of document.querySelectorAll("[readonly]")) field.value = mend(field.value);
}"""
#: Nothing but what lies between these two, and what they lie in.
_ONLY = """([first, last]) => {
  const hide = (node, next) => {
    for (; node && node !== document.body; node = node.parentElement)
      for (let other = node[next]; other; other = other[next]) other.style.setProperty("display", "none");
  };
  hide(first, "previousElementSibling");
  hide(last, "nextElementSibling");
}"""


def take(page: Page, name: str, first: Locator, last: Locator) -> list[str]:
    """Picture the page from `first` to `last`; what is not as it lies in docs/pictures."""
    page.mouse.move(0, 0)
    page.evaluate(_REPLACE, [re.match(r"https?://[^/]+", page.url)[0], SHOWN_AS])  # type: ignore[index]
    page.evaluate(_ONLY, [first.element_handle(), last.element_handle()])
    page.evaluate("window.scrollTo(0, 0)")
    words = _ADDRESS.sub("", page.locator("body").aria_snapshot() + "\n")
    one, other = first.bounding_box(), last.bounding_box()
    assert one is not None
    assert other is not None
    top = max(0.0, one["y"] - 16)
    width = page.evaluate("document.documentElement.clientWidth")
    clip = {"x": 0, "y": top, "width": width, "height": other["y"] + other["height"] + 24 - top}
    png = page.screenshot(full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]
    if os.environ.get(UPDATE):
        _keep(png, FOLDER / f"{name}.png")
        (FOLDER / f"{name}.txt").write_text(words, "utf-8")
        return []
    return differences(name, png, words)


def differences(name: str, png: bytes, words: str) -> list[str]:
    """In which ways the kept picture shows something else."""
    kept, said = FOLDER / f"{name}.png", FOLDER / f"{name}.txt"
    if not kept.is_file() or not said.is_file():
        return [f"{name}: there is no picture yet"]
    found = []
    before = said.read_text("utf-8").splitlines()
    other = set(before) ^ set(words.splitlines())
    if before != words.splitlines():
        found.append(f"{name}: it reads otherwise now: {sorted(other)[:6]}")
    was, now = (Image.open(source).convert("L") for source in (kept, io.BytesIO(png)))
    if was.width != now.width or abs(was.height - now.height) > _MOST_TALLER * was.height:
        found.append(f"{name}: it was {was.size} and is {now.size}")
    far = ImageStat.Stat(ImageChops.difference(was.resize(_SMALL), now.resize(_SMALL))).mean[0]
    if far > _MOST_OTHER:
        found.append(f"{name}: it looks otherwise now, by {far:.1f} of 255")
    return found


def _keep(png: bytes, path: Path) -> None:
    """With as many colours as its size allows: pages are drawn in few."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            return
    raise SystemExit(f"{path} is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    os.environ[UPDATE] = "yes"
    sys.exit(pytest.main(["-q", "-p", "no:randomly", "tests/browser/test_pictures.py", "-k", "shows_what"]))
