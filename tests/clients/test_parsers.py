"""Other projects' readers on what the running service serves."""

from io import BytesIO

import feedparser
import podcastparser
import pytest
import requests
import srt
import webvtt
from lxml import etree

from tests.clients.conftest import SOUNDS, Library
from tests.factories import WHEN


@pytest.fixture(scope="module")
def feed(library: Library) -> bytes:
    return requests.get(library.feed, timeout=30).content


def test_podcastparser_sees_what_a_listener_needs(library: Library, feed: bytes) -> None:
    podcast = podcastparser.parse(library.feed, BytesIO(feed))
    newest, oldest = podcast["episodes"]

    assert podcast["title"] == "The Ward Round"
    assert [newest["title"], oldest["title"]] == ["Handover", "Falls & sleep"]
    assert oldest["guid"] == library.guids["Falls & sleep"]
    assert oldest["total_time"] == 60
    assert oldest["published"] == int(WHEN.timestamp())
    assert oldest["number"] == 1
    (enclosure,) = oldest["enclosures"]
    assert (enclosure["mime_type"], enclosure["file_size"]) == ("audio/mpeg", 300_000)
    assert requests.get(enclosure["url"], timeout=30).content == SOUNDS["Falls & sleep"]


def test_feedparser_finds_chapters_transcripts_and_people(library: Library, feed: bytes) -> None:
    oldest = feedparser.parse(feed).entries[1]
    guid = library.guids["Falls & sleep"]

    assert oldest.podcast_chapters["url"] == f"{library.url}/chapters/{guid}.json"
    assert oldest.podcast_transcript["url"].startswith(f"{library.url}/transcripts/{guid}.")
    assert oldest.podcast_person["role"] == "host"


def test_feedparser_finds_nothing_wrong(library: Library, feed: bytes) -> None:
    parsed = feedparser.parse(feed)

    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == ["Handover", "Falls & sleep"]
    assert parsed.entries[1].id == library.guids["Falls & sleep"]
    assert parsed.entries[1].guidislink is False
    assert parsed.entries[1].enclosures[0].length == "300000"
    assert parsed.entries[1].itunes_duration == "60"


def test_subtitle_readers_read_the_served_transcripts(library: Library) -> None:
    address = f"{library.url}/transcripts/{library.guids['Handover']}"
    captions = webvtt.from_buffer(BytesIO(requests.get(f"{address}.vtt", timeout=30).content))
    subtitles = list(srt.parse(requests.get(f"{address}.srt", timeout=30).content.decode()))

    assert "ward round" in captions.captions[0].text
    assert "ward round" in subtitles[0].content


def test_the_list_of_shows_leads_to_every_feed(library: Library) -> None:
    outlines = etree.fromstring(requests.get(f"{library.url}/opml", timeout=30).content).iter("outline")
    addresses = {outline.get("xmlUrl") for outline in outlines}

    assert addresses == {library.feed, f"{library.url}/shows/nights/feed.xml"}
    for address in addresses:
        assert not feedparser.parse(requests.get(str(address), timeout=30).content).bozo
