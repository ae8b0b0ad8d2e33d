"""Which files a rendered feed names, read back from its bytes as an app would.

What it says of them is kept as it is said, right or wrong: telling is the doctor's task.
"""

from dataclasses import dataclass

from lxml import etree

from feeds.channel import Enclosure, TranscriptLink
from feeds.errors import NotAFeed
from feeds.itunes import ITUNES
from feeds.podcast_ns import PODCAST


@dataclass(frozen=True)
class NamedItem:
    """The files of one item."""

    guid: str
    enclosure: Enclosure | None
    duration_ms: int | None
    image_url: str | None
    transcripts: tuple[TranscriptLink, ...]
    chapters_url: str | None


@dataclass(frozen=True)
class NamedFiles:
    """The picture of the channel, and the files of its items in their order."""

    image_url: str | None
    items: tuple[NamedItem, ...]


def read_feed(xml: bytes) -> NamedFiles:
    """What the feed names. Raises NotAFeed."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise NotAFeed(str(error)) from error
    channel = root.find("channel")
    if channel is None:
        raise NotAFeed("there is no channel")
    return NamedFiles(_image(channel), tuple(_item(element) for element in channel.iterfind("item")))


def _item(element: etree._Element) -> NamedItem:
    sound = element.find("enclosure")
    chapters = element.find(f"{{{PODCAST}}}chapters")
    seconds = element.findtext(f"{{{ITUNES}}}duration") or ""
    return NamedItem(
        guid=element.findtext("guid") or "",
        enclosure=_enclosure(sound) if sound is not None else None,
        duration_ms=int(seconds) * 1000 if seconds.isdecimal() else None,
        image_url=_image(element),
        transcripts=tuple(
            TranscriptLink(str(link.get("url", "")), str(link.get("type", "")))
            for link in element.iterfind(f"{{{PODCAST}}}transcript")
        ),
        chapters_url=str(chapters.get("url", "")) if chapters is not None else None,
    )


def _enclosure(element: etree._Element) -> Enclosure:
    length = str(element.get("length", ""))
    return Enclosure(
        str(element.get("url", "")), int(length) if length.isdecimal() else 0, str(element.get("type", ""))
    )


def _image(element: etree._Element) -> str | None:
    image = element.find(f"{{{ITUNES}}}image")
    return str(image.get("href", "")) if image is not None else None
