"""feedgen extension: the tags of the podcast namespace ("Podcasting 2.0") that a channel and its items use.

Registered and filled like `feeds.itunes`. Everything said here has passed `admit`.
"""

from collections.abc import Iterable

from lxml import etree

from feeds.channel import Channel, Item, PersonLink, TxtRecord

PODCAST = "https://podcastindex.org/namespace/1.0"

CHAPTERS_TYPE = "application/json+chapters"
"""podcast namespace, tag chapters."""


class PodcastChannel:
    """The namespace's tags of the channel."""

    def __init__(self) -> None:
        self._channel: Channel | None = None

    def describe(self, channel: Channel) -> None:
        """Take the channel whose tags are to be written."""
        self._channel = channel

    def extend_ns(self) -> dict[str, str]:
        """The namespace, by the prefix that PSP-1 requires."""
        return {"podcast": PODCAST}

    def extend_rss(self, root: etree._Element) -> etree._Element:
        """Add the tags to the channel."""
        element = root.find("channel")
        if self._channel is not None and element is not None:
            _write_channel(element, self._channel)
        return root


class PodcastItem:
    """The namespace's tags of one item."""

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
    _write(parent, "guid", channel.guid)
    # The tag's owner attribute is optional by now and would publish an e-mail address once more.
    _write(parent, "locked", "yes" if channel.locked else "no")
    _write(parent, "medium", channel.medium.value)
    _write(parent, "block", "yes" if channel.private else None)
    for page in channel.funding:
        _write(parent, "funding", page.text, url=page.url)
    _write_image(parent, channel.image_url, channel.image_alt)
    _write_persons(parent, channel.persons)
    _write_txt(parent, channel.txt)


def _write_item(parent: etree._Element, item: Item) -> None:
    for link in item.transcripts:
        _write(
            parent, "transcript", "", url=link.url, type=link.media_type, language=link.language, rel=link.rel
        )
    if item.chapters_url is not None:
        _write(parent, "chapters", "", url=item.chapters_url, type=CHAPTERS_TYPE)
    if item.season is not None:
        _write(parent, "season", str(item.season), name=item.season_name)
    if item.episode is not None:
        _write(parent, "episode", str(item.episode))
    _write_image(parent, item.image_url, item.image_alt)
    _write_persons(parent, item.persons)
    _write_txt(parent, item.txt)


def _write_image(parent: etree._Element, url: str | None, alt: str | None) -> None:
    """The artwork with words for those who cannot see it; without them itunes:image says it all."""
    if url is not None and alt is not None:
        _write(parent, "image", "", href=url, alt=alt, **{"aspect-ratio": "1/1"}, purpose="artwork")


def _write_persons(parent: etree._Element, persons: Iterable[PersonLink]) -> None:
    for person in persons:
        _write(
            parent,
            "person",
            person.name,
            role=person.role,
            group=person.group,
            img=person.img,
            href=person.href,
        )


def _write_txt(parent: etree._Element, records: Iterable[TxtRecord]) -> None:
    for record in records:
        _write(parent, "txt", record.value, purpose=record.purpose)


def _write(parent: etree._Element, tag: str, text: str | None, **attributes: str | None) -> None:
    """One tag with the attributes that have a value; no tag where the text is None."""
    if text is None:
        return
    element = etree.SubElement(parent, f"{{{PODCAST}}}{tag}")
    for name, value in attributes.items():
        if value is not None:
            element.set(name, value)
    element.text = text or None
