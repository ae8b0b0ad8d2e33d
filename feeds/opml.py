"""All shows as OPML 2.0: what a listener imports to subscribe to everything at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from feeds.address import web_address
from feeds.text import one_line


@dataclass(frozen=True)
class OpmlEntry:
    """One public show."""

    text: str
    xml_url: str
    html_url: str
    language: str | None = None


def render_opml(title: str, entries: Iterable[OpmlEntry]) -> bytes:
    """The OPML document, in the order given; an entry whose feed has no web address is left out."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    for entry in entries:
        feed_url = web_address(entry.xml_url)
        if feed_url is None:
            continue
        text = one_line(entry.text) or feed_url
        # OPML 2.0, subscription lists: type, text and xmlUrl are required; most readers show title.
        outline = etree.SubElement(body, "outline", type="rss", text=text, title=text, xmlUrl=feed_url)
        page_url = web_address(entry.html_url)
        if page_url is not None:
            outline.set("htmlUrl", page_url)
        if entry.language:
            outline.set("language", one_line(entry.language))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
