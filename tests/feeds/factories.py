"""Channels and items for tests: right in every field, each field open to be changed."""

from datetime import UTC, datetime
from typing import Any

from feeds.channel import (
    Channel,
    ChannelKind,
    Enclosure,
    EpisodeType,
    Funding,
    Item,
    Medium,
    PersonLink,
    TranscriptLink,
    TxtRecord,
)

BASE = "https://hearth.example.org"


def make_enclosure(**changes: Any) -> Enclosure:
    fields: dict[str, Any] = {
        "url": f"{BASE}/media/item-1/0123456789ab.mp3",
        "length_bytes": 4_321_000,
        "media_type": "audio/mpeg",
    }
    return Enclosure(**fields | changes)


def make_item(number: int = 1, **changes: Any) -> Item:
    fields: dict[str, Any] = {
        "guid": f"item-{number}",
        "title": f"Handover {number}",
        "link": f"{BASE}/shows/rounds/handover-{number}",
        "published_at": datetime(2024, 5, number, 7, 30, tzinfo=UTC),
        "enclosure": make_enclosure(url=f"{BASE}/media/item-{number}/0123456789ab.mp3"),
    }
    return Item(**fields | changes)


def make_channel(*items: Item, **changes: Any) -> Channel:
    fields: dict[str, Any] = {
        "title": "Rounds",
        "description_html": "<p>What we learn on the ward.</p>",
        "link": f"{BASE}/shows/rounds",
        "feed_url": f"{BASE}/shows/rounds/feed.xml",
        "language": "en-gb",
        "explicit": False,
        "items": items,
    }
    return Channel(**fields | changes)


def make_transcripts(number: int = 1) -> tuple[TranscriptLink, ...]:
    """A link for each of the forms in which a transcript is published."""
    address = f"{BASE}/transcripts/item-{number}"
    return (
        TranscriptLink(f"{address}.vtt", "text/vtt", "en", "captions"),
        TranscriptLink(f"{address}.srt", "application/x-subrip", "en", "captions"),
        TranscriptLink(f"{address}.json", "application/json", "en", "captions"),
        TranscriptLink(f"{address}.html", "text/html", "en"),
        TranscriptLink(f"{address}.txt", "text/plain", "en"),
    )


def make_full_item(number: int = 1, **changes: Any) -> Item:
    """An item with everything that an item can say."""
    fields: dict[str, Any] = {
        "description_html": (
            '<p>Two wards & one <b>checklist</b>: <a href="https://example.org/?a=1&amp;b=2">notes</a>.</p>'
            "<ul><li>First</li><li>Second ]]&gt; done</li></ul>"
        ),
        "summary": "Not shown, for there is a description.",
        "content_note": "A death is told of from minute 12.",
        "duration_ms": 1_834_600,
        "image_url": f"{BASE}/artwork/item-{number}.jpg",
        "image_alt": "Two cups on a window sill",
        "season": 2,
        "season_name": "Winter",
        "episode": number,
        "episode_type": EpisodeType.FULL,
        "explicit": True,
        "persons": (
            PersonLink("The Host", img=f"{BASE}/people/host.jpg", href=f"{BASE}/people/host"),
            PersonLink("A Guest", role="Guest"),
        ),
        "transcripts": make_transcripts(number),
        "chapters_url": f"{BASE}/chapters/item-{number}.json",
        "txt": (TxtRecord("true", "ai-content"),),
    }
    return make_item(number, **fields | changes)


def make_full_channel(*items: Item, **changes: Any) -> Channel:
    """A channel with everything that a channel can say."""
    fields: dict[str, Any] = {
        "author": "The Rounds Community",
        "category": "Health & Fitness",
        "subcategory": "Medicine",
        "image_url": f"{BASE}/artwork/rounds.jpg",
        "image_alt": "A lamp over a desk",
        "guid": "6f1e5d3c-0b7a-5c1e-9a53-2f64a1f0a001",
        "kind": ChannelKind.EPISODIC,
        "medium": Medium.PODCAST,
        "complete": True,
        "owner_name": "The Rounds Community",
        "owner_email": "rounds@example.org",
        "copyright": "The Rounds Community, CC BY 4.0",
        "funding": (Funding(f"{BASE}/give", "Help us to record"),),
        "persons": (PersonLink("The Host"),),
        "txt": (TxtRecord("naj3eEZaWVVY9a38", "applepodcastsverify"), TxtRecord("plain")),
        "new_feed_url": "https://new.example.org/shows/rounds/feed.xml",
        "hub_url": "https://hub.example.org/",
        "updated_at": datetime(2024, 5, 20, 6, 0, tzinfo=UTC),
    }
    return make_channel(*items, **fields | changes)
