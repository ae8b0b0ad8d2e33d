"""Pictures made square and harmless: whatever comes in, what goes out is a JPEG that we wrote ourselves.

A picture is what its bytes decode to, never what its name or declared type says. Everything is
re-encoded, so scripts, places and whatever else hides in a file stay behind (threats, T8). Sizes are
Apple's and PSP-1's for channel artwork: square, 1400 to 3000 px, JPEG, RGB.
"""

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from app.errors import TooLarge, WrongKind

SMALLEST_PX = 1400
LARGEST_PX = 3000
PAGE_SIZES_PX = (640, 320)
LIMIT_BYTES = 20 * 1024 * 1024
#: 8000 x 8000; decoded once this takes 192 MB. Checked on the header, before any pixel is decoded.
LIMIT_PIXELS = 64_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: What Pillow's decoders raise for files that are no pictures, or broken ones.
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    MemoryError,
    ArithmeticError,
    AttributeError,
    struct.error,
    zlib.error,
)
_NOT_A_PICTURE = "This file is not a picture that we can use. Choose a JPEG, PNG, WebP or GIF picture."


@dataclass(frozen=True)
class Artwork:
    """One picture in all its sizes, as JPEG bytes by name; "full" is the one for the feed."""

    sha256: str
    width_px: int
    sizes: dict[str, bytes]


def make_artwork(content: bytes) -> Artwork:
    """The square of a picture's middle, in every size.

    Raises WrongKind for what is no picture or too small, TooLarge for more bytes or pixels than allowed.
    """
    if len(content) > LIMIT_BYTES:
        raise TooLarge("A picture can have up to 20 MB. Save a smaller copy and choose that.")
    picture = _decoded(content)
    side = min(picture.size)
    if side < SMALLEST_PX:
        raise WrongKind(
            f"The picture is {picture.width} by {picture.height} pixels. "
            f"Podcast apps need at least {SMALLEST_PX} by {SMALLEST_PX}: choose a larger one."
        )
    width_px = min(side, LARGEST_PX)
    full = ImageOps.fit(picture, (width_px, width_px), Image.Resampling.LANCZOS)
    sizes = {"full": _jpeg(full, quality=88)}
    for size_px in PAGE_SIZES_PX:
        sizes[str(size_px)] = _jpeg(full.resize((size_px, size_px), Image.Resampling.LANCZOS), quality=84)
    return Artwork(hashlib.sha256(sizes["full"]).hexdigest(), width_px, sizes)


@dataclass(frozen=True)
class Looked:
    """What the bytes of a picture decode to."""

    media_type: str
    width_px: int
    height_px: int
    mode: str


def look_at(content: bytes) -> Looked:
    """What a picture that is served is, every pixel of it decoded. Raises WrongKind where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if opened.width * opened.height > LIMIT_PIXELS:
                    raise WrongKind(_NOT_A_PICTURE)
                opened.load()
                kind = opened.get_format_mimetype() or ""
                return Looked(kind, opened.width, opened.height, opened.mode)
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise WrongKind(_NOT_A_PICTURE) from error


def _decoded(content: bytes) -> Image.Image:
    """The first frame, upright, in sRGB, on white."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which we drop, and of size, below
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if opened.width * opened.height > LIMIT_PIXELS:
                    raise TooLarge(
                        f"The picture is {opened.width:,} by {opened.height:,} pixels. "
                        "Save a copy of 3,000 by 3,000 and choose that."
                    )
                opened.seek(0)
                opened.load()
                return _on_white(_in_srgb(_upright(opened)))
    except Image.DecompressionBombError as error:
        raise TooLarge("The picture has too many pixels. Save a copy of 3,000 by 3,000.") from error
    except _BROKEN as error:
        raise WrongKind(_NOT_A_PICTURE) from error


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its camera says; broken notes of a camera are no reason to refuse a picture."""
    try:
        return ImageOps.exif_transpose(picture)
    except _BROKEN:
        return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Colours of a wide or printing profile turned into those that every screen shows alike."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a broken profile is no reason to refuse a picture
        return picture
    return turned or picture


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    """A fresh picture with nothing of the source's metadata."""
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    file = io.BytesIO()
    clean.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
