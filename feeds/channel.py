"""What a feed says: the values that `feeds.rss` turns into RSS, and nothing else.

The words "channel" and "item" are RSS's own; everywhere else in the service they are a Show and an Episode.
These values are what the caller means to publish, not yet what may be said: `feeds.admission` decides that.
All addresses are absolute and already built by the caller from its configured public address. All times of
day are aware.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    """How items are meant to be heard: newest first, or in order (itunes:type)."""

    EPISODIC = "episodic"
    SERIAL = "serial"


class EpisodeType(StrEnum):
    """What kind of item it is (itunes:episodeType)."""

    FULL = "full"
    TRAILER = "trailer"
    BONUS = "bonus"


class Medium(StrEnum):
    """What the channel is, not what it is about (podcast:medium; the media that hold items of their own)."""

    PODCAST = "podcast"
    MUSIC = "music"
    VIDEO = "video"
    FILM = "film"
    AUDIOBOOK = "audiobook"
    NEWSLETTER = "newsletter"
    BLOG = "blog"
    COURSE = "course"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The file that listeners download."""

    url: str  #: ends with the real extension; a changed file has a new address
    length_bytes: int  #: what a HEAD of the address answers as Content-Length
    media_type: str  #: one of `feeds.admission.ENCLOSURE_TYPES`


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """One form of an item's transcript (podcast:transcript)."""

    url: str
    media_type: str  #: text/vtt, application/x-subrip, application/json, text/html or text/plain
    language: str | None = None  #: as the channel's where None
    rel: str | None = None  #: "captions" where the form carries times


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A person who can be heard or who made it, by the name chosen for the public (podcast:person)."""

    name: str
    role: str = "host"  #: a role of the Podcast Taxonomy, such as "host" or "guest"
    group: str = "cast"
    img: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class TxtRecord:
    """Free text for a service that asks for it (podcast:txt), such as a proof of ownership."""

    value: str
    purpose: str | None = None  #: "applepodcastsverify", "verify", "ai-content" ...


@dataclass(frozen=True, slots=True)
class Funding:
    """A page where listeners can give money (podcast:funding)."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One published episode."""

    guid: str  #: never changes, whatever else does
    title: str
    link: str  #: the episode's page
    published_at: datetime
    enclosure: Enclosure | None
    description_html: str = ""
    summary: str = ""  #: plain text; the description where description_html is empty
    content_note: str | None = None  #: plain text; stands first in the description, in every app
    duration_ms: int | None = None
    image_url: str | None = None
    image_alt: str | None = None
    season: int | None = None
    season_name: str | None = None
    episode: int | None = None  #: Apple: must be there where the channel is serial
    episode_type: EpisodeType = EpisodeType.FULL
    explicit: bool | None = None  #: as the channel's where None
    persons: tuple[PersonLink, ...] = ()  #: replaces the channel's persons where not empty
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None
    txt: tuple[TxtRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A show as its feed tells it."""

    title: str
    description_html: str
    link: str  #: the show's page
    feed_url: str  #: the one true address of this feed
    language: str  #: BCP 47, such as "en-gb"
    explicit: bool
    author: str | None = None
    category: str | None = None  #: of `feeds.categories.APPLE_CATEGORIES`
    subcategory: str | None = None
    image_url: str | None = None
    image_alt: str | None = None
    guid: str | None = None  #: podcast:guid, see `feeds.guid`
    locked: bool = True  #: other hosts may not import this feed
    kind: ChannelKind = ChannelKind.EPISODIC
    medium: Medium = Medium.PODCAST
    complete: bool = False  #: no item will ever follow
    private: bool = False  #: keeps directories away and the owner's name and e-mail out
    owner_name: str | None = None
    owner_email: str | None = None
    copyright: str | None = None  #: PSP-1: without the word, the sign and the year
    funding: tuple[Funding, ...] = ()
    persons: tuple[PersonLink, ...] = ()
    txt: tuple[TxtRecord, ...] = ()
    new_feed_url: str | None = None  #: where the feed has moved to
    hub_url: str | None = None  #: a WebSub hub that is told of changes
    updated_at: datetime | None = None  #: lastBuildDate; left out where None, never the time of rendering
    generator: str = "Hearth"
    items: tuple[Item, ...] = ()
