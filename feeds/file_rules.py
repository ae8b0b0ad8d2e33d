"""What directories ask of the files that a feed names: the picture, the chapters, the sound's true length.

Whoever has read a file hands in what it is; nothing is opened here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feeds.chapters import Chapter, chapter_problems
from feeds.item_rules import duration_mismatch
from feeds.problem import Code, Field, Judge, Problem

SMALLEST_PX, LARGEST_PX = 1400, 3000
"""Apple and PSP-1, itunes:image."""

MISMATCH_MS = 2_000
"""Announced in whole seconds, and encoders add a few hundredths at both ends."""

_ENDINGS = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",)}


@dataclass(frozen=True)
class Picture:
    """A picture as its bytes decode, and how it is served."""

    url: str
    media_type: str  #: of the bytes, whatever the address or the server says
    served_as: str
    width_px: int
    height_px: int
    mode: str  #: as Pillow names it: RGB, CMYK, L, P ...


def picture_problems(picture: Picture) -> Iterator[Problem]:
    """Apple and PSP-1, itunes:image: JPEG or PNG, named so, square, 1400 to 3000 pixels, RGB."""
    again = "Add a picture once more: it is then made right by itself."
    if picture.media_type not in _ENDINGS:
        yield _of_picture(Code.ARTWORK_TYPE, "The picture is neither JPEG nor PNG.", again)
    elif picture.served_as != picture.media_type or not picture.url.endswith(_ENDINGS[picture.media_type]):
        yield _of_picture(Code.ARTWORK_TYPE, "The picture is not what its address says that it is.", again)
    if picture.width_px != picture.height_px:
        size = f"{picture.width_px} by {picture.height_px} pixels"
        yield _of_picture(Code.ARTWORK_NOT_SQUARE, f"The picture is not square: {size}.", again)
    if not (SMALLEST_PX <= min(picture.width_px, picture.height_px) <= LARGEST_PX) or (
        max(picture.width_px, picture.height_px) > LARGEST_PX
    ):
        yield _of_picture(
            Code.ARTWORK_SIZE,
            f"The picture has {picture.width_px} by {picture.height_px} pixels.",
            f"Add one of {SMALLEST_PX} by {SMALLEST_PX} to {LARGEST_PX} by {LARGEST_PX} pixels.",
        )
    if picture.mode != "RGB":
        yield _of_picture(
            Code.ARTWORK_COLOURS, "The picture has colours for printing, or none, not for screens.", again
        )


def broken_picture() -> Problem:
    """Apple and PSP-1, itunes:image: something that is a picture."""
    return _of_picture(
        Code.ARTWORK_BROKEN, "The picture cannot be opened.", "Add it once more, or another one."
    )


def chapters_problems(guid: str, chapters: Sequence[Chapter], duration_ms: int | None) -> Iterator[Problem]:
    """Podcast namespace, JSON chapters: in order, titled, within the sound."""
    found = chapter_problems(chapters, duration_ms)
    if found:
        yield Problem(
            Code.CHAPTERS_WRONG,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            f"The chapters are not in order: {'; '.join(found[:3])}.",
            "Change their times or titles.",
            Field.CHAPTERS,
            guid,
        )


def length_problems(guid: str, said_ms: int, true_ms: int) -> Iterator[Problem]:
    """Apple, itunes:duration: the length of the sound itself."""
    if abs(said_ms - true_ms) > MISMATCH_MS:
        yield duration_mismatch(guid)


def _of_picture(code: Code, what: str, advice: str) -> Problem:
    return Problem(code, (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1), True, what, advice, Field.ARTWORK)
