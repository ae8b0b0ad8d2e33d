"""How others hear of an episode: links that open a podcast app, and linked data for search engines.

Knows no route; is given finished addresses.
"""

from typing import Any
from urllib.parse import quote, urlsplit

from app.models import CreditRole, Episode
from app.web.wording import iso_duration

#: Apps, and how each is asked to subscribe: {bare} is the address without its scheme.
_APPS = (
    ("Apple Podcasts", "podcast://{bare}"),
    ("Pocket Casts", "pktc://subscribe/{bare}"),
    ("Overcast", "overcast://x-callback-url/add?url={quoted}"),
    ("AntennaPod", "antennapod-subscribe://{bare}"),
)


def app_links(feed: str) -> list[tuple[str, str]]:
    """(name of the app, address that opens the feed in it)."""
    parts = urlsplit(feed)
    bare = parts.netloc + parts.path
    return [(name, pattern.format(bare=bare, quoted=quote(feed, safe=""))) for name, pattern in _APPS]


def described(episode: Episode, address: str, sound: str, picture: str | None) -> dict[str, Any]:
    """schema.org PodcastEpisode, for JSON-LD."""
    show = episode.show
    base = address.removesuffix(f"/{episode.slug}")
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "PodcastEpisode",
        "@id": f"urn:uuid:{episode.guid}",
        "url": address,
        "name": episode.title,
        "inLanguage": show.language,
        "isAccessibleForFree": True,
        "partOfSeries": {
            "@type": "PodcastSeries",
            "name": show.title,
            "url": base,
            "webFeed": f"{base}/feed.xml",
        },
    }
    if episode.summary:
        data["description"] = episode.summary
    if episode.published_at:
        data["datePublished"] = episode.published_at.isoformat()
    if episode.number:
        data["episodeNumber"] = episode.number
    if picture:
        data["image"] = picture
    if episode.enclosure:
        data["timeRequired"] = iso_duration(episode.enclosure.duration_ms)
        data["associatedMedia"] = {
            "@type": "AudioObject",
            "contentUrl": sound,
            "encodingFormat": "audio/mpeg",
            "contentSize": str(episode.enclosure.size_bytes),
            "duration": iso_duration(episode.enclosure.duration_ms),
        }
    if episode.chapters:
        data["hasPart"] = _clips(episode, address)
    hosts = [credit for credit in episode.credits if credit.role in (CreditRole.host, CreditRole.cohost)]
    others = [credit for credit in episode.credits if credit not in hosts]
    for name, credits in (("author", hosts), ("contributor", others)):
        if credits:
            data[name] = [{"@type": "Person", "name": credit.person.public_name} for credit in credits]
    return data


def _clips(episode: Episode, address: str) -> list[dict[str, Any]]:
    """Chapters as schema.org Clips, each with the address of its moment."""
    starts = [chapter.start_ms for chapter in episode.chapters]
    ends = [*starts[1:], episode.enclosure.duration_ms if episode.enclosure else starts[-1]]
    return [
        {
            "@type": "Clip",
            "name": chapter.title,
            "startOffset": chapter.start_ms // 1000,
            "endOffset": end_ms // 1000,
            "url": f"{address}#t={chapter.start_ms // 1000}",
        }
        for chapter, end_ms in zip(episode.chapters, ends, strict=True)
    ]
