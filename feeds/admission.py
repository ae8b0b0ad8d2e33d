"""What of a channel may be said: clean text, sound addresses, whole items, newest first.

feedgen trusts its caller: a control character raises, a `javascript:` link or a negative length passes. So
everything is decided here, before it. What cannot stand in a feed is left out alone, and reported, and the
rest stands. What directories would merely dislike passes; telling a producer about it is not this module's
task.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from feeds.address import web_address
from feeds.categories import is_category
from feeds.channel import Channel, Enclosure, Item
from feeds.description import feed_html, noted, paragraph
from feeds.errors import ChannelError
from feeds.sieve import SHORT_CHARACTERS, Omission, Sieve
from feeds.text import one_line

ENCLOSURE_TYPES = frozenset(
    {
        "application/pdf",
        "audio/m4a",
        "audio/mp4",
        "audio/mpeg",
        "audio/x-m4a",
        "video/m4v",
        "video/mp4",
        "video/quicktime",
        "video/x-m4v",
    }
)
"""Apple's list and PSP-1's together, and what MPEG-4 sound is registered as."""

UNTITLED = "Untitled"
"""Stands for a title that holds nothing to be shown: directories refuse an item without a title."""


@dataclass(frozen=True)
class Admission:
    """A channel as its feed says it, and what the feed does not say."""

    channel: Channel
    omissions: tuple[Omission, ...]


def admit(channel: Channel) -> Admission:
    """The channel with only what may be said, its items newest first.

    Raises ChannelError where the address of the feed or of the show's page is none.
    """
    sieve = Sieve()
    title = one_line(channel.title) or UNTITLED
    items = _admit_items(channel.items, sieve.omissions)
    admitted = replace(
        _with_sound_fields(channel, sieve),
        title=title,
        description_html=feed_html(channel.description_html) or paragraph(title),
        items=items,
    )
    return Admission(_without_owner(admitted) if channel.private else admitted, tuple(sieve.omissions))


def _with_sound_fields(channel: Channel, sieve: Sieve) -> Channel:
    category, subcategory = _admit_category(channel, sieve)
    return replace(
        channel,
        link=_required_address("link", channel.link),
        feed_url=_required_address("feed_url", channel.feed_url),
        language=sieve.language("language", channel.language) or "",
        author=one_line(channel.author or "") or None,
        category=category,
        subcategory=subcategory,
        image_url=sieve.address("image_url", channel.image_url),
        image_alt=one_line(channel.image_alt or "") or None,
        guid=_admit_podcast_guid(channel.guid, sieve),
        owner_name=one_line(channel.owner_name or "") or None,
        owner_email=sieve.email("owner_email", channel.owner_email),
        copyright=one_line(channel.copyright or "") or None,
        funding=sieve.funding(channel.funding),
        persons=sieve.persons(channel.persons),
        txt=sieve.txt(channel.txt),
        new_feed_url=sieve.address("new_feed_url", channel.new_feed_url),
        hub_url=sieve.address("hub_url", channel.hub_url),
        updated_at=_admit_updated_at(channel.updated_at, sieve),
        generator=one_line(channel.generator),
    )


def _without_owner(channel: Channel) -> Channel:
    """A private feed names no owner and tells no hub: its address is a secret that leaks."""
    return replace(channel, owner_name=None, owner_email=None, hub_url=None)


def _required_address(field: str, url: str) -> str:
    address = web_address(url)
    if address is None:
        raise ChannelError(field, "not an absolute web address")
    return address


def _admit_category(channel: Channel, sieve: Sieve) -> tuple[str | None, str | None]:
    if channel.category is None:
        return None, None
    if not is_category(channel.category):
        sieve.hold_back("category", "not a category of Apple Podcasts")
        return None, None
    if not is_category(channel.category, channel.subcategory):
        sieve.hold_back("subcategory", "does not belong to the category")
        return channel.category, None
    return channel.category, channel.subcategory


def _admit_podcast_guid(guid: str | None, sieve: Sieve) -> str | None:
    """The guid as given. The tag wants a UUIDv5; a show that came with another version keeps it."""
    if guid is None:
        return None
    try:
        return str(UUID(guid))
    except ValueError:
        sieve.hold_back("guid", "not a UUID")
        return None


def _admit_updated_at(updated_at: datetime | None, sieve: Sieve) -> datetime | None:
    if updated_at is None:
        return None
    utc = _utc(updated_at)
    if utc is None:
        sieve.hold_back("updated_at", "not a time with a time zone")
    return utc


def _admit_items(items: Iterable[Item], omissions: list[Omission]) -> tuple[Item, ...]:
    """The sound items, newest first. Of two that share a guid or a file the one published first stays."""
    sound = []
    for item in items:
        flaw = _flaw(item)
        if flaw is None:
            sound.append(_with_sound_parts(item, omissions))
        else:
            omissions.append(Omission(item.guid, "item", flaw))
    guids: set[str] = set()
    files: set[str] = set()
    admitted: list[Item] = []
    for item in sorted(sound, key=lambda item: (item.published_at, item.guid)):
        file = item.enclosure.url if item.enclosure is not None else ""
        if item.guid in guids:
            omissions.append(Omission(item.guid, "item", "the guid belongs to another item"))
        elif file in files:
            omissions.append(Omission(item.guid, "item", "the enclosure belongs to another item"))
        else:
            admitted.append(item)
            guids.add(item.guid)
            files.add(file)
    return tuple(reversed(admitted))


def _flaw(item: Item) -> str | None:
    """Why the whole item cannot be said, or None. A guid is never mended: it would be another item's."""
    if not item.guid or one_line(item.guid) != item.guid:
        return "guid is empty, too long or holds what a feed cannot carry"
    if web_address(item.link) is None:
        return "link is not an absolute web address"
    if _utc(item.published_at) is None:
        return "published_at is not a time with a time zone"
    if item.enclosure is None:
        return "there is no enclosure"
    if web_address(item.enclosure.url) is None:
        return "enclosure url is not an absolute web address"
    if item.enclosure.length_bytes < 1:
        return "enclosure length is not a number from 1 on"
    if item.enclosure.media_type not in ENCLOSURE_TYPES:
        return "enclosure type is not one that podcast apps play"
    return None


def _with_sound_parts(item: Item, omissions: list[Omission]) -> Item:
    """A flawless item with clean text, and without the optional parts that cannot be said."""
    sieve = Sieve(item.guid, omissions)
    described = noted(item.content_note, item.description_html or paragraph(item.summary))
    return replace(
        item,
        title=one_line(item.title) or UNTITLED,
        link=web_address(item.link) or item.link,
        published_at=_utc(item.published_at) or item.published_at,
        enclosure=_clean_enclosure(item.enclosure),
        description_html=feed_html(described),
        duration_ms=sieve.from_one("duration_ms", item.duration_ms),
        image_url=sieve.address("image_url", item.image_url),
        image_alt=one_line(item.image_alt or "") or None,
        season=sieve.from_one("season", item.season),
        season_name=one_line(item.season_name or "", SHORT_CHARACTERS) or None,
        episode=sieve.from_one("episode", item.episode),
        persons=sieve.persons(item.persons),
        transcripts=sieve.transcripts(item.transcripts),
        chapters_url=sieve.address("chapters_url", item.chapters_url),
        txt=sieve.txt(item.txt),
    )


def _clean_enclosure(enclosure: Enclosure | None) -> Enclosure | None:
    if enclosure is None:
        return None
    return replace(enclosure, url=web_address(enclosure.url) or enclosure.url)


def _utc(moment: datetime) -> datetime | None:
    """The moment in UTC; None where it has no time zone or lies beyond the calendar."""
    if moment.utcoffset() is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None
