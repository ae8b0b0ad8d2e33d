"""A rendered feed is read back as it was said."""

import pytest

from feeds.errors import NotAFeed
from feeds.reading import read_feed
from feeds.rss import render_rss
from tests.feeds.factories import BASE, make_channel, make_full_channel, make_full_item, make_item


def test_every_file_that_a_feed_names_is_read_back() -> None:
    item = make_full_item(1)
    named = read_feed(render_rss(make_full_channel(item, make_full_item(2))))

    assert named.image_url == f"{BASE}/artwork/rounds.jpg"
    assert [one.guid for one in named.items] == ["item-2", "item-1"]
    read = named.items[1]
    assert read.enclosure == item.enclosure
    assert read.duration_ms == 1_835_000
    assert (read.image_url, read.chapters_url) == (item.image_url, item.chapters_url)
    assert [(link.url, link.media_type) for link in read.transcripts] == [
        (link.url, link.media_type) for link in item.transcripts
    ]


def test_what_a_feed_does_not_name_is_not_there() -> None:
    named = read_feed(render_rss(make_channel(make_item(1))))

    assert named.image_url is None
    assert named.items[0].transcripts == ()
    assert (named.items[0].chapters_url, named.items[0].duration_ms) == (None, None)


@pytest.mark.parametrize("document", [b"", b"<html>", b"<rss/>", b"not a feed", b"<rss>\x00</rss>"])
def test_anything_else_is_no_feed(document: bytes) -> None:
    with pytest.raises(NotAFeed):
        read_feed(document)


def test_nothing_is_read_from_elsewhere() -> None:
    bomb = b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><guid>&a;</guid></item></channel></rss>'

    assert [item.guid for item in read_feed(bomb).items] in ([""], [])


def test_a_bomb_is_no_feed() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{entities}]><rss><channel><title>&a11;</title></channel></rss>'

    with pytest.raises(NotAFeed):
        read_feed(bomb.encode())
