"""Pictures: square, harmless, and refused in words where they cannot be used."""

import io
import struct
import zlib

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from app.artwork import LIMIT_BYTES, make_artwork
from app.backends import Backends
from app.errors import Invalid, TooLarge, WrongKind
from app.services import artwork
from tests.factories import WHEN, make_show


def picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 1 if mode == "P" else "teal").save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png_that_claims(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are a very large picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_kind_becomes_a_square_jpeg_in_three_sizes(kind: str) -> None:
    made = make_artwork(picture(1800, 1500, kind))

    shapes = {name: (opened(content).format, opened(content).size) for name, content in made.sizes.items()}
    assert shapes == {
        "full": ("JPEG", (1500, 1500)),
        "640": ("JPEG", (640, 640)),
        "320": ("JPEG", (320, 320)),
    }


def test_a_very_large_picture_is_made_3000_pixels_wide() -> None:
    made = make_artwork(picture(4000, 3500, "JPEG"))

    assert opened(made.sizes["full"]).size == (3000, 3000)


def test_the_middle_of_the_picture_is_kept() -> None:
    wide = Image.new("RGB", (2800, 1400), "red")
    wide.paste("blue", (700, 0, 2100, 1400))
    file = io.BytesIO()
    wide.save(file, "PNG")

    small = opened(make_artwork(file.getvalue()).sizes["320"])

    red, _, blue = small.getpixel((2, 160))
    assert blue > 200 > 60 > red


def test_a_picture_of_a_phone_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    lying = Image.new("RGB", (1400, 1400), "red")
    lying.paste("blue", (0, 0, 1400, 700))
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=exif)

    upright = opened(make_artwork(file.getvalue()).sizes["320"])

    assert upright.getpixel((300, 160))[2] > 200
    assert upright.getpixel((20, 160))[0] > 200


@pytest.mark.parametrize(("side", "is_taken"), [(1399, False), (1400, True)])
def test_less_than_1400_pixels_is_refused_with_its_size(side: int, is_taken: bool) -> None:
    if is_taken:
        assert make_artwork(picture(side, side)).width_px == 1400
    else:
        with pytest.raises(WrongKind, match="1399 by 1399"):
            make_artwork(picture(side, side))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\0" * 20,
        b"\xff\xd8\xff\xe0" + b"JFIF" * 30,
        b"%PDF-1.7",
        b"BM" + b"\0" * 100,
        picture(1500, 1500, "PNG")[:2000],
        picture(1500, 1500, "TIFF"),
        picture(1500, 1500, "BMP"),
    ],
    ids=["empty", "svg", "html", "gif head", "jpeg head", "pdf", "bmp head", "cut png", "tiff", "bmp"],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(WrongKind):
        make_artwork(content)


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (65_000, 1_400), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_its_pixels_are_made(width: int, height: int) -> None:
    with pytest.raises((TooLarge, WrongKind)):
        make_artwork(png_that_claims(width, height))


def test_more_than_20_megabytes_are_refused_unread() -> None:
    with pytest.raises(TooLarge, match="20 MB"):
        make_artwork(picture(1400, 1400) + b"\0" * LIMIT_BYTES)


def test_nothing_of_the_source_but_its_pixels_stays() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET place"
    source = picture(1500, 1500, "JPEG", exif=exif, comment=b"SECRET comment", icc_profile=b"SECRET profile")
    polyglot = source + b"PK\x03\x04 SECRET archive <script>SECRET</script>"

    made = make_artwork(polyglot)

    assert all(b"SECRET" not in content for content in made.sizes.values())
    assert not opened(made.sizes["full"]).getexif()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("P", "GIF"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("I;16", "PNG"),
        ("1", "PNG"),
    ],
)
def test_every_mode_of_colour_becomes_rgb(mode: str, kind: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (1400, 1400)).save(file, kind)

    assert opened(make_artwork(file.getvalue()).sizes["full"]).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (1400, 1400), (0, 0, 0, 0)).save(file, "PNG")

    assert opened(make_artwork(file.getvalue()).sizes["320"]).getpixel((5, 5)) == (255, 255, 255)


def test_the_show_names_its_picture_and_its_words(session: Session, backends: Backends) -> None:
    show = make_show(session)
    before = show.revision
    made = make_artwork(picture(1400, 1400))

    artwork.put(backends.store, show.id, made)
    artwork.use(session, show, made.sha256, "A lamp in a window", WHEN)

    assert show.artwork_sha256 == made.sha256
    assert show.revision == before + 1
    assert [info.key for info in backends.store.list(f"artwork/{show.id}")] == sorted(
        artwork.key(show.id, made.sha256, size) for size in artwork.SIZES
    )


def test_a_picture_needs_words_for_those_who_cannot_see_it(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        artwork.use(session, make_show(session), "a" * 64, "  ", WHEN)

    assert list(refused.value.problems) == ["artwork_alt"]
