import logging
from datetime import datetime, timedelta, timezone

import pytest

from feeds.channel import Funding, PersonLink, TranscriptLink, TxtRecord
from feeds.errors import ChannelError
from feeds.rss import render_feed, render_rss
from tests.feeds.factories import (
    BASE,
    make_channel,
    make_enclosure,
    make_full_channel,
    make_full_item,
    make_item,
)
from tests.feeds.reading import attributes, parse, read, texts


@pytest.mark.parametrize("title", ["", "   ", "\x00\x1f", "\ud800", "\ufffe"])
def test_a_title_that_cannot_be_shown_costs_no_episode(title: str) -> None:
    channel = read(make_channel(make_item(1, title=title), make_item(2), title=title))

    assert texts(channel, "title") == ["Untitled"]
    assert texts(channel, "item/title") == ["Handover 2", "Untitled"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"guid": ""}, "guid is empty, too long or holds what a feed cannot carry"),
        ({"guid": "a\x00b"}, "guid is empty, too long or holds what a feed cannot carry"),
        ({"guid": " a"}, "guid is empty, too long or holds what a feed cannot carry"),
        ({"guid": "a" * 256}, "guid is empty, too long or holds what a feed cannot carry"),
        ({"link": "javascript:alert(1)"}, "link is not an absolute web address"),
        ({"link": "data:text/html,x"}, "link is not an absolute web address"),
        ({"link": "/shows/rounds"}, "link is not an absolute web address"),
        ({"published_at": datetime(2024, 5, 9)}, "published_at is not a time with a time zone"),
        (
            {"published_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))},
            "published_at is not a time with a time zone",
        ),
        ({"enclosure": None}, "there is no enclosure"),
        (
            {"enclosure": make_enclosure(url="file:///etc/passwd")},
            "enclosure url is not an absolute web address",
        ),
        (
            {"enclosure": make_enclosure(length_bytes=-1)},
            "enclosure length is not a number from 1 on",
        ),
        ({"enclosure": make_enclosure(length_bytes=0)}, "enclosure length is not a number from 1 on"),
        (
            {"enclosure": make_enclosure(media_type="text/html")},
            "enclosure type is not one that podcast apps play",
        ),
    ],
)
def test_one_bad_item_is_left_out_alone_and_reported(changes: dict[str, object], reason: str) -> None:
    bad = make_item(2, **changes)

    rendered = render_feed(make_channel(make_item(1), bad, make_item(3)))

    assert texts(parse(rendered.xml), "channel/item/guid") == ["item-3", "item-1"]
    assert [(o.guid, o.part, o.reason) for o in rendered.omissions] == [(bad.guid, "item", reason)]


def test_of_two_items_with_one_guid_the_one_published_first_stays() -> None:
    rendered = render_feed(make_channel(make_item(5, guid="same"), make_item(2, guid="same")))

    assert texts(parse(rendered.xml), "channel/item/title") == ["Handover 2"]
    assert [o.reason for o in rendered.omissions] == ["the guid belongs to another item"]


def test_of_two_items_with_one_file_the_one_published_first_stays() -> None:
    file = make_enclosure(url=f"{BASE}/media/one.mp3")

    rendered = render_feed(make_channel(make_item(5, enclosure=file), make_item(2, enclosure=file)))

    assert texts(parse(rendered.xml), "channel/item/guid") == ["item-2"]
    assert [o.reason for o in rendered.omissions] == ["the enclosure belongs to another item"]


def test_bad_parts_of_an_item_are_left_out_and_the_item_stays() -> None:
    item = make_full_item(
        1,
        duration_ms=-5,
        image_url="javascript:x",
        season=0,
        episode=-1,
        chapters_url="ftp://example.org/c.json",
        transcripts=(
            TranscriptLink("javascript:x", "text/vtt"),
            TranscriptLink(f"{BASE}/t.exe", "application/x-msdownload"),
            TranscriptLink(f"{BASE}/t.vtt", "text/vtt", language="not a language", rel="nofollow"),
        ),
        persons=(PersonLink(" "), PersonLink("The Host", img="data:x", href="//example.org")),
        txt=(TxtRecord("x" * 4_001), TxtRecord("x", "p" * 129), TxtRecord("kept")),
    )

    rendered = render_feed(make_channel(item))
    channel = parse(rendered.xml).find("channel")

    assert channel is not None
    assert texts(channel, "item/guid") == ["item-1"]
    for path in ("itunes:duration", "itunes:image", "itunes:season", "podcast:season", "podcast:episode"):
        assert texts(channel, f"item/{path}") == []
    assert texts(channel, "item/podcast:chapters") == []
    assert attributes(channel, "item/podcast:transcript") == [{"url": f"{BASE}/t.vtt", "type": "text/vtt"}]
    assert attributes(channel, "item/podcast:person") == [{"role": "host", "group": "cast"}]
    assert texts(channel, "item/podcast:txt") == ["kept"]
    assert sorted(o.part for o in rendered.omissions) == [
        "chapters_url",
        "duration_ms",
        "episode",
        "image_url",
        "person",
        "person href",
        "person img",
        "season",
        "transcript",
        "transcript",
        "transcript language",
        "txt",
        "txt",
    ]
    assert {o.guid for o in rendered.omissions} == {"item-1"}


def test_bad_fields_of_a_channel_are_left_out_and_the_feed_stays() -> None:
    rendered = render_feed(
        make_full_channel(
            make_item(1),
            language="??",
            category="Quackery",
            image_url="javascript:x",
            guid="not a uuid",
            owner_email="nobody",
            funding=(Funding("javascript:x", "Give"),),
            new_feed_url="javascript:x",
            hub_url="javascript:x",
            updated_at=datetime(2024, 5, 1),
        )
    )
    channel = parse(rendered.xml).find("channel")

    assert channel is not None
    assert texts(channel, "item/guid") == ["item-1"]
    assert b"javascript" not in rendered.xml
    for path in ("language", "itunes:category", "image", "podcast:guid", "itunes:owner", "lastBuildDate"):
        assert texts(channel, path) == []
    assert {o.part for o in rendered.omissions} == {
        "language",
        "category",
        "image_url",
        "guid",
        "owner_email",
        "funding",
        "new_feed_url",
        "hub_url",
        "updated_at",
    }
    assert {o.guid for o in rendered.omissions} == {None}


def test_a_subcategory_of_another_category_is_left_out_alone() -> None:
    rendered = render_feed(make_channel(category="Arts", subcategory="Medicine"))

    assert attributes(parse(rendered.xml), "channel/itunes:category") == [{"text": "Arts"}]
    assert [o.part for o in rendered.omissions] == ["subcategory"]


@pytest.mark.parametrize("field", ["link", "feed_url"])
def test_a_channel_without_its_own_addresses_is_refused(field: str) -> None:
    with pytest.raises(ChannelError, match=field):
        render_rss(make_channel(**{field: "javascript:alert(1)"}))


def test_what_is_left_out_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="feeds"):
        render_rss(make_channel(make_item(1, title="A name to keep", link="javascript:secret")))

    (record,) = caplog.records
    assert record.__dict__["guid"] == "item-1"
    assert "secret" not in str(record.__dict__)
    assert "A name to keep" not in str(record.__dict__)


def test_a_right_feed_leaves_nothing_out() -> None:
    assert render_feed(make_full_channel(make_full_item(1), make_full_item(2))).omissions == ()
