"""Pictures with some bytes changed: used or refused in words, never a fault of ours."""

import collections
import io
import random
import warnings

import pytest
from PIL import Image, ImageCms, ImageOps

from app.artwork import make_artwork
from app.errors import TooLarge, WrongKind


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = 6  # to be turned by a quarter
    found[0x010F] = "A camera"
    found[0x8769] = {0x9003: "2026:03:02 09:00:00"}
    return found


def picture(mode: str, kind: str, side: int = 16, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (side, side)).save(file, kind, **options)
    return file.getvalue()


def seeds() -> list[bytes]:
    """Small pictures of every kind: they are decoded whole before anybody asks for their size."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"exif": exif(), "icc_profile": profile}
    return [
        *(picture("RGB", kind, **told) for kind in ("JPEG", "PNG", "WEBP")),
        *(picture("RGB", kind, exif=exif()) for kind in ("JPEG", "PNG", "WEBP")),
        picture("P", "GIF"),
        picture("CMYK", "JPEG", **told),
        picture("I;16", "PNG"),
        picture("LA", "PNG", exif=exif()),
        picture("P", "PNG", transparency=b"\0" * 3, exif=exif()),
        picture("1", "PNG", exif=exif()),
    ]


def mutated(chance: random.Random, whole: bytes) -> bytes:
    """A few bytes changed, more of them in front, and sometimes the end missing."""
    content = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        within = min(len(content), chance.choice([60, 200, 800, len(content)]))
        content[chance.randrange(within)] = chance.choice([0, 1, 127, 255, chance.randrange(256)])
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


def test_broken_pictures_are_refused_in_words() -> None:
    chance = random.Random(7)
    wholes = seeds()
    found = collections.Counter()

    for _ in range(1200):
        with pytest.raises((WrongKind, TooLarge)) as refused:
            make_artwork(mutated(chance, chance.choice(wholes)))
        found["too small" if "by 16 pixels" in str(refused.value) else "broken"] += 1

    assert min(found["too small"], found["broken"]) > 100


def test_a_picture_with_broken_notes_of_its_camera_is_used() -> None:
    whole = bytearray(picture("RGB", "JPEG", side=1400, exif=exif()))
    start = whole.find(b"Exif\0\0") + 6
    broken = []
    for place in range(start, start + 40):
        for value in (0, 4, 12, 255):
            content = bytearray(whole)
            content[place] = value
            if not is_readable(bytes(content)):
                broken.append(bytes(content))

    assert broken
    assert make_artwork(broken[0]).width_px == 1400


def is_readable(content: bytes) -> bool:
    """Whether the library can turn the picture as its camera says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content)) as opened:
                opened.load()
                ImageOps.exif_transpose(opened)
        except Exception:
            return False
    return True
