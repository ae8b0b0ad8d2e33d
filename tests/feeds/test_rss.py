from datetime import UTC, datetime, timedelta, timezone

import pytest

from feeds.channel import PersonLink
from feeds.rss import render_rss
from tests.feeds.factories import (
    BASE,
    make_channel,
    make_full_channel,
    make_full_item,
    make_item,
    make_transcripts,
)
from tests.feeds.reading import NAMESPACES, attributes, parse, read, texts


def test_the_envelope_declares_the_namespaces_exactly() -> None:
    root = parse(render_rss(make_channel(make_item())))

    assert root.tag == "rss"
    assert root.get("version") == "2.0"
    assert {prefix: root.nsmap[prefix] for prefix in NAMESPACES} == NAMESPACES
    assert root.nsmap["content"] == "http://purl.org/rss/1.0/modules/content/"
    assert root.getroottree().docinfo.encoding == "UTF-8"


def test_no_element_carries_a_namespace_declaration_of_its_own() -> None:
    xml = render_rss(make_full_channel(make_full_item()))

    assert xml.count(b"xmlns") == 4


def test_the_same_channel_gives_the_same_bytes_whatever_the_order_of_its_items() -> None:
    items = [make_full_item(number) for number in (1, 2, 3)]

    assert render_rss(make_full_channel(*items)) == render_rss(make_full_channel(*reversed(items)))


def test_items_that_were_published_at_one_moment_have_one_order() -> None:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    items = [make_item(number, published_at=moment) for number in (1, 2, 3)]

    assert render_rss(make_channel(*items)) == render_rss(make_channel(*reversed(items)))


def test_the_feed_says_when_it_changed_only_if_it_is_told() -> None:
    moment = datetime(2024, 2, 29, 23, 0, tzinfo=timezone(timedelta(hours=-2)))

    assert texts(read(make_channel()), "lastBuildDate") == []
    assert texts(read(make_channel(updated_at=moment)), "lastBuildDate") == ["Fri, 01 Mar 2024 01:00:00 GMT"]


def test_items_come_newest_first() -> None:
    channel = read(make_channel(make_item(2), make_item(9), make_item(4)))

    assert texts(channel, "item/guid") == ["item-9", "item-4", "item-2"]


def test_newest_first_compares_moments_and_not_clocks() -> None:
    early = make_item(1, published_at=datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=5))))
    late = make_item(2, published_at=datetime(2024, 5, 1, 10, tzinfo=UTC))

    channel = read(make_channel(late, early))

    assert texts(channel, "item/guid") == ["item-2", "item-1"]
    assert texts(channel, "item/pubDate") == [
        "Wed, 01 May 2024 10:00:00 GMT",
        "Wed, 01 May 2024 07:00:00 GMT",
    ]


def test_a_guid_is_no_address() -> None:
    guids = attributes(read(make_channel(make_item())), "item/guid")

    assert guids == [{"isPermaLink": "false"}]


def test_the_feed_names_its_own_address_once() -> None:
    links = attributes(read(make_channel()), "atom:link")

    assert links == [{"href": f"{BASE}/shows/rounds/feed.xml", "rel": "self", "type": "application/rss+xml"}]


def test_a_hub_is_named_beside_the_feed() -> None:
    links = attributes(read(make_channel(hub_url="https://hub.example.org/")), "atom:link")

    assert [link["rel"] for link in links] == ["self", "hub"]


def test_the_page_of_the_show_is_the_link() -> None:
    assert texts(read(make_channel()), "link") == [f"{BASE}/shows/rounds"]


@pytest.mark.parametrize(("explicit", "said"), [(True, "true"), (False, "false")])
def test_explicit_is_true_or_false(explicit: bool, said: str) -> None:
    channel = read(make_channel(make_item(explicit=explicit), explicit=explicit))

    assert texts(channel, "itunes:explicit") == [said]
    assert texts(channel, "item/itunes:explicit") == [said]


@pytest.mark.parametrize("language", ["en-gb", "en-GB", "en_GB", " en-gb "])
def test_a_language_is_written_as_directories_read_it(language: str) -> None:
    assert texts(read(make_channel(language=language)), "language") == ["en-gb"]


def test_a_category_holds_its_subcategory() -> None:
    channel = read(make_channel(category="Health & Fitness", subcategory="Mental Health"))

    assert attributes(channel, "itunes:category") == [{"text": "Health & Fitness"}]
    assert attributes(channel, "itunes:category/itunes:category") == [{"text": "Mental Health"}]


def test_an_item_links_every_form_of_its_transcript() -> None:
    channel = read(make_channel(make_item(1, transcripts=make_transcripts(1))))

    links = attributes(channel, "item/podcast:transcript")

    assert [(link["type"], link.get("rel")) for link in links] == [
        ("text/vtt", "captions"),
        ("application/x-subrip", "captions"),
        ("application/json", "captions"),
        ("text/html", None),
        ("text/plain", None),
    ]
    assert {link["language"] for link in links} == {"en"}
    assert len({link["url"] for link in links}) == 5


@pytest.mark.parametrize(
    ("duration_ms", "seconds"), [(1, "1"), (1_499, "1"), (1_500, "2"), (90_000, "90"), (21_600_000, "21600")]
)
def test_a_duration_is_whole_seconds_and_at_least_one(duration_ms: int, seconds: str) -> None:
    assert texts(read(make_channel(make_item(duration_ms=duration_ms))), "item/itunes:duration") == [seconds]


def test_season_and_episode_are_said_in_both_namespaces() -> None:
    channel = read(make_channel(make_item(season=3, season_name="Winter", episode=7)))

    assert texts(channel, "item/itunes:season") == texts(channel, "item/podcast:season") == ["3"]
    assert texts(channel, "item/itunes:episode") == texts(channel, "item/podcast:episode") == ["7"]
    assert attributes(channel, "item/podcast:season") == [{"name": "Winter"}]


def test_a_private_feed_keeps_directories_away_and_its_owner_in() -> None:
    xml = render_rss(make_full_channel(make_full_item(), private=True))
    channel = parse(xml).find("channel")

    assert channel is not None
    assert texts(channel, "itunes:block") == ["Yes"]
    assert texts(channel, "podcast:block") == ["yes"]
    assert texts(channel, "itunes:owner") == []
    assert b"rounds@example.org" not in xml
    assert b"hub.example.org" not in xml


def test_a_public_feed_blocks_nobody_and_names_its_owner() -> None:
    channel = read(make_full_channel(make_full_item()))

    assert texts(channel, "itunes:block") == texts(channel, "podcast:block") == []
    assert texts(channel, "itunes:owner/itunes:email") == ["rounds@example.org"]


def test_no_retired_tag_is_written() -> None:
    xml = render_rss(make_full_channel(make_full_item()))

    for tag in (b"itunes:summary", b"itunes:subtitle", b"itunes:keywords", b"podcast:images", b"<docs>"):
        assert tag not in xml


def test_the_summary_stands_where_there_is_no_description() -> None:
    channel = read(make_channel(make_item(summary="Tea & <b>talk</b>")))

    assert texts(channel, "item/description") == ["<p>Tea &amp; &lt;b&gt;talk&lt;/b&gt;</p>"]


def test_a_content_note_comes_first_and_survives_the_cut() -> None:
    item = make_item(content_note="A death is told of.", description_html="<p>word </p>" * 2_000)

    (description,) = texts(read(make_channel(item)), "item/description")

    assert description.startswith("<p><strong>Content note:</strong> A death is told of.</p><p>word</p>")
    assert len(description.encode()) <= 4_000


def test_a_show_without_a_description_is_described_by_its_title() -> None:
    assert texts(read(make_channel(title="Tea & talk", description_html="")), "description") == [
        "<p>Tea &amp; talk</p>"
    ]


def test_guids_that_differ_in_case_are_two() -> None:
    channel = read(make_channel(make_item(1, guid="abc"), make_item(2, guid="ABC")))

    assert texts(channel, "item/guid") == ["ABC", "abc"]


def test_titles_are_at_most_255_characters_and_end_at_a_word() -> None:
    channel = read(make_channel(make_item(title="hand over " * 100), title="x" * 300))

    (show_title,), (item_title,) = texts(channel, "title"), texts(channel, "item/title")
    assert show_title == "x" * 254 + "…"
    assert len(item_title) <= 255
    assert item_title.endswith(("hand…", "over…"))


def test_a_name_is_at_most_128_characters() -> None:
    item = make_item(persons=(PersonLink("n" * 200),), season=1, season_name="s" * 200)

    channel = read(make_channel(item))

    assert texts(channel, "item/podcast:person") == ["n" * 127 + "…"]
    assert attributes(channel, "item/podcast:season") == [{"name": "s" * 127 + "…"}]
