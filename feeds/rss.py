"""A channel as RSS 2.0, by feedgen.

The same channel always gives the same bytes, so that an ETag made of them changes only with what they say.
What may stand in the feed has been decided by `feeds.admission` before feedgen sees it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.admission import admit
from feeds.channel import Channel, Item
from feeds.itunes import ItunesChannel, ItunesItem
from feeds.podcast_ns import PodcastChannel, PodcastItem
from feeds.sieve import Omission

FEED_TYPE = "application/rss+xml"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RenderedFeed:
    """The feed, and what of the channel it does not say."""

    xml: bytes
    omissions: tuple[Omission, ...]


def render_rss(channel: Channel) -> bytes:
    """The feed as UTF-8 XML. What had to be left out is logged, without its text."""
    rendered = render_feed(channel)
    for omission in rendered.omissions:
        _log.warning(
            "left out of the feed",
            extra={"guid": omission.guid, "part": omission.part, "reason": omission.reason},
        )
    return rendered.xml


def render_feed(channel: Channel) -> RenderedFeed:
    """The feed as UTF-8 XML, with what had to be left out of it.

    One bad item or field never spoils the rest. Raises ChannelError where the address of the feed or of the
    show's page is none.
    """
    admission = admit(channel)
    feed = _feed(admission.channel)
    for item in admission.channel.items:
        _add_entry(feed, item)
    return RenderedFeed(feed.rss_str(pretty=True, encoding="UTF-8"), admission.omissions)


def _feed(channel: Channel) -> Any:
    feed = FeedGenerator()
    for name, for_channel, for_item in (
        ("basics", _BasicsChannel, _BasicsItem),
        ("itunes", ItunesChannel, ItunesItem),
        ("podcast", PodcastChannel, PodcastItem),
    ):
        feed.register_extension(name, for_channel, for_item, atom=False)
    feed.basics.describe(channel)
    feed.itunes.describe(channel)
    feed.podcast.describe(channel)

    feed.title(channel.title)
    # The last link that is added becomes <link>.
    feed.link(href=channel.feed_url, rel="self", type=FEED_TYPE)
    feed.link(href=channel.link, rel="alternate")
    feed.description(etree.CDATA(channel.description_html))
    feed.language(channel.language)
    feed.copyright(channel.copyright)
    feed.generator(channel.generator)
    feed.docs("")
    if channel.image_url is not None:
        feed.image(url=channel.image_url, title=channel.title, link=channel.link)
    # feedgen would stamp the time of rendering, and format it under setlocale, which changes the whole
    # process.
    feed._FeedGenerator__rss_lastBuildDate = None
    return feed


def _add_entry(feed: Any, item: Item) -> None:
    entry: FeedEntry = feed.add_entry(order="append")
    entry.basics.describe(item)
    entry.itunes.describe(item)
    entry.podcast.describe(item)

    entry.title(item.title)
    entry.link(href=item.link, rel="alternate")
    entry.guid(item.guid, permalink=False)
    if item.description_html:
        entry.content(item.description_html, type="CDATA")
    if item.enclosure is not None:
        entry.enclosure(item.enclosure.url, item.enclosure.length_bytes, item.enclosure.media_type)


class _BasicsChannel:
    """Plain RSS and Atom that feedgen lacks: a date of its content, and the hub."""

    def __init__(self) -> None:
        self._channel: Channel | None = None

    def describe(self, channel: Channel) -> None:
        self._channel = channel

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_rss(self, root: etree._Element) -> etree._Element:
        element = root.find("channel")
        if self._channel is None or element is None:
            return root
        if self._channel.hub_url is not None:
            etree.SubElement(
                element, "{http://www.w3.org/2005/Atom}link", rel="hub", href=self._channel.hub_url
            )
        if self._channel.updated_at is not None:
            etree.SubElement(element, "lastBuildDate").text = _rfc_2822(self._channel.updated_at)
        return root


class _BasicsItem:
    """The date of an item, written without setlocale."""

    def __init__(self) -> None:
        self._item: Item | None = None

    def describe(self, item: Item) -> None:
        self._item = item

    def extend_rss(self, element: etree._Element) -> etree._Element:
        if self._item is not None:
            etree.SubElement(element, "pubDate").text = _rfc_2822(self._item.published_at)
        return element


def _rfc_2822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
