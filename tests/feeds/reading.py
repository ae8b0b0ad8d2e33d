"""Reads a rendered feed back, by lxml."""

from typing import Any

from lxml import etree

from feeds.channel import Channel
from feeds.rss import render_feed

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


def parse(xml: bytes) -> etree._Element:
    """The root of a feed, read as strictly as XML demands."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def read(channel: Channel) -> etree._Element:
    """The channel element of the feed that says the channel."""
    element = parse(render_feed(channel).xml).find("channel")
    assert element is not None
    return element


def texts(element: etree._Element, path: str) -> list[str]:
    """The texts of all elements at the path."""
    return [found.text or "" for found in element.iterfind(path, NAMESPACES)]


def attributes(element: etree._Element, path: str) -> list[dict[str, str]]:
    """The attributes of all elements at the path."""
    return [{str(k): str(v) for k, v in found.attrib.items()} for found in element.iterfind(path, NAMESPACES)]


def parse_markup(html: str) -> etree._Element:
    """The HTML of a description in a div, read as strictly as XML."""
    return etree.fromstring(f"<div>{html}</div>")


def shown_text(markup: Any) -> str:
    """All text of an element of lxml or ElementTree, without the tags."""
    return "".join(str(text) for text in markup.itertext())
