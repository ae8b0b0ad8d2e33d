"""An episode as an oEmbed answer (oembed.com, version 1.0), and the code of its frame.

Knows no route; is given finished addresses.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lxml import etree
from markupsafe import escape

from app.models import Episode
from feeds.text import speakable

#: The frame that fits the player and the beginning of the transcript.
WIDTH_PX, HEIGHT_PX = 640, 420
#: Pictures are square.
THUMBNAILS_PX = (640, 320)
#: As our own caches: what is withdrawn is soon forgotten.
CACHE_AGE_S = 60

Said = Mapping[str, str | int]


@dataclass(frozen=True)
class Wanted:
    """What there is room for where it will stand; None where anything will do."""

    width_px: int | None = None
    height_px: int | None = None

    def fits(self, side_px: int) -> bool:
        """Whether a square of this size fits."""
        return side_px <= min(self.width_px or side_px, self.height_px or side_px)


@dataclass(frozen=True)
class Places:
    """Absolute addresses: of the service, the show's page and the player; pictures by their size."""

    provider: str
    show: str
    player: str
    pictures_px: Mapping[int, str]


def frame(player: str, title: str, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> str:
    """The code that shows the player on somebody else's page."""
    return (
        f'<iframe src="{escape(player)}" title="{escape(title)}" width="{width_px}" height="{height_px}" '
        'loading="lazy" style="border:0;max-width:100%"></iframe>'
    )


def frame_title(episode: Episode) -> str:
    """What a screen reader says of the frame."""
    return f"{episode.title} - {episode.show.title}"


def described(episode: Episode, provider_name: str, places: Places, wanted: Wanted) -> Said:
    """A rich oEmbed answer, without characters that XML cannot carry.

    Neither its frame nor its picture is larger than wanted (2.3.4).
    """
    show = episode.show
    width_px = min(WIDTH_PX, wanted.width_px or WIDTH_PX)
    height_px = min(HEIGHT_PX, wanted.height_px or HEIGHT_PX)
    said: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": provider_name,
        "provider_url": places.provider,
        "title": episode.title,
        "author_name": show.author or show.community.name,
        "author_url": places.show,
        "cache_age": CACHE_AGE_S,
        "html": frame(places.player, frame_title(episode), width_px, height_px),
        "width": width_px,
        "height": height_px,
    }
    side_px = next((side for side in THUMBNAILS_PX if side in places.pictures_px and wanted.fits(side)), None)
    if side_px is not None:
        said["thumbnail_url"] = places.pictures_px[side_px]
        said["thumbnail_width"] = said["thumbnail_height"] = side_px
    return {name: speakable(value) if isinstance(value, str) else value for name, value in said.items()}


def as_json(said: Said) -> bytes:
    """The answer as JSON in UTF-8."""
    return json.dumps(said, ensure_ascii=False).encode()


def as_xml(said: Said) -> bytes:
    """The answer as XML in UTF-8."""
    root = etree.Element("oembed")
    for name, value in said.items():
        etree.SubElement(root, name).text = str(value)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, standalone=True)


#: By the format that is asked for: its type, and how it is written.
FORMATS: dict[str, tuple[str, Callable[[Said], bytes]]] = {
    "json": ("application/json", as_json),
    "xml": ("text/xml", as_xml),
}
