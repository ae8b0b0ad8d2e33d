"""feedgen extension: Apple's tags as "A Podcaster's Guide to RSS" wants them today.

feedgen's own extension for them refuses `true` and `false` for itunes:explicit, which Apple demands, and
knows retired tags. These classes are registered with feedgen, which makes one for the channel and one for
each item and calls `extend_ns` and `extend_rss`; `describe` gives them what to say. Everything said here
has passed `admit`.
"""

from lxml import etree

from feeds.channel import Channel, Item

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


class ItunesChannel:
    """Apple's tags of the channel."""

    def __init__(self) -> None:
        self._channel: Channel | None = None

    def describe(self, channel: Channel) -> None:
        """Take the channel whose tags are to be written."""
        self._channel = channel

    def extend_ns(self) -> dict[str, str]:
        """The namespace, by the prefix that Apple's guide uses."""
        return {"itunes": ITUNES}

    def extend_rss(self, root: etree._Element) -> etree._Element:
        """Add the tags to the channel."""
        element = root.find("channel")
        if self._channel is not None and element is not None:
            _write_channel(element, self._channel)
        return root


class ItunesItem:
    """Apple's tags of one item."""

    def __init__(self) -> None:
        self._item: Item | None = None

    def describe(self, item: Item) -> None:
        """Take the item whose tags are to be written."""
        self._item = item

    def extend_rss(self, element: etree._Element) -> etree._Element:
        """Add the tags to the item."""
        if self._item is not None:
            _write_item(element, self._item)
        return element


def _write_channel(parent: etree._Element, channel: Channel) -> None:
    if channel.image_url is not None:
        etree.SubElement(parent, _name("image"), href=channel.image_url)
    if channel.category is not None:
        category = etree.SubElement(parent, _name("category"), text=channel.category)
        if channel.subcategory is not None:
            etree.SubElement(category, _name("category"), text=channel.subcategory)
    _write(parent, "explicit", _true_or_false(channel.explicit))
    _write(parent, "author", channel.author)
    if channel.owner_email is not None:
        owner = etree.SubElement(parent, _name("owner"))
        _write(owner, "name", channel.owner_name)
        _write(owner, "email", channel.owner_email)
    _write(parent, "type", channel.kind.value)
    _write(parent, "new-feed-url", channel.new_feed_url)
    # Apple: any value but "Yes" has no effect.
    _write(parent, "complete", "Yes" if channel.complete else None)
    _write(parent, "block", "Yes" if channel.private else None)


def _write_item(parent: etree._Element, item: Item) -> None:
    if item.duration_ms is not None:
        # Apple recommends whole seconds; a sound of any length lasts at least one.
        _write(parent, "duration", str(max(1, (item.duration_ms + 500) // 1000)))
    if item.image_url is not None:
        etree.SubElement(parent, _name("image"), href=item.image_url)
    if item.explicit is not None:
        _write(parent, "explicit", _true_or_false(item.explicit))
    if item.season is not None:
        _write(parent, "season", str(item.season))
    if item.episode is not None:
        _write(parent, "episode", str(item.episode))
    _write(parent, "episodeType", item.episode_type.value)


def _write(parent: etree._Element, tag: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, _name(tag)).text = text


def _true_or_false(value: bool) -> str:
    return "true" if value else "false"


def _name(tag: str) -> str:
    return f"{{{ITUNES}}}{tag}"
