from datetime import UTC, datetime
from io import BytesIO

import feedparser
import podcastparser

from feeds.channel import ChannelKind, EpisodeType
from feeds.rss import render_rss
from tests.feeds.factories import (
    BASE,
    make_full_channel,
    make_full_item,
)


def test_podcastparser_reads_what_was_meant() -> None:
    channel = make_full_channel(
        make_full_item(1, title="Tea & <talk>"),
        make_full_item(2, episode_type=EpisodeType.TRAILER, explicit=False),
        kind=ChannelKind.SERIAL,
    )

    podcast = podcastparser.parse(channel.feed_url, BytesIO(render_rss(channel)))

    assert podcast["title"] == "Rounds"
    assert podcast["link"] == channel.link
    assert podcast["type"] == "serial"
    assert podcast["explicit"] is False
    assert podcast["itunes_categories"] == [["Health & Fitness", "Medicine"]]
    assert podcast["itunes_owner"] == {"name": "The Rounds Community", "email": "rounds@example.org"}
    full, trailer = sorted(podcast["episodes"], key=lambda episode: str(episode["guid"]))
    assert full["title"] == "Tea & <talk>"
    assert full["guid"] == "item-1"
    assert full["total_time"] == 1_835
    assert full["explicit"] is True
    assert (full["season"], full["number"]) == (2, 1)
    assert full["published"] == int(datetime(2024, 5, 1, 7, 30, tzinfo=UTC).timestamp())
    assert full["enclosures"] == [
        {
            "url": f"{BASE}/media/item-1/0123456789ab.mp3",
            "file_size": 4_321_000,
            "mime_type": "audio/mpeg",
        }
    ]
    assert full["description_html"].startswith("<p><strong>Content note:</strong>")
    assert trailer["type"] == "trailer"
    assert trailer["explicit"] is False


def test_feedparser_reads_what_was_meant() -> None:
    channel = make_full_channel(make_full_item(1, title="Tea & <talk>"), make_full_item(2))

    parsed = feedparser.parse(render_rss(channel))

    assert not parsed.bozo
    assert parsed.feed.title == "Rounds"
    assert parsed.feed.language == "en-gb"
    assert [entry.id for entry in parsed.entries] == ["item-2", "item-1"]
    assert parsed.entries[1].published_parsed[:5] == (2024, 5, 1, 7, 30)
    assert parsed.entries[1].enclosures[0].length == "4321000"
    assert parsed.entries[1].itunes_duration == "1835"
