from lxml import etree

from feeds.opml import OpmlEntry, render_opml


def make_entry(slug: str = "rounds", **changes: str) -> OpmlEntry:
    fields = {
        "text": "Rounds",
        "xml_url": f"https://hearth.example.org/shows/{slug}/feed.xml",
        "html_url": f"https://hearth.example.org/shows/{slug}",
    }
    return OpmlEntry(**fields | changes)


def outlines(opml: bytes) -> list[dict[str, str]]:
    return [
        {str(k): str(v) for k, v in o.attrib.items()} for o in etree.fromstring(opml).iterfind("body/outline")
    ]


def test_every_show_is_listed_with_its_feed_and_its_page() -> None:
    opml = render_opml(
        "Hearth", [make_entry("rounds"), make_entry("tea", text="Tea & <talk>", language="cy")]
    )

    assert etree.fromstring(opml).findtext("head/title") == "Hearth"
    assert outlines(opml) == [
        {
            "type": "rss",
            "text": "Rounds",
            "title": "Rounds",
            "xmlUrl": "https://hearth.example.org/shows/rounds/feed.xml",
            "htmlUrl": "https://hearth.example.org/shows/rounds",
        },
        {
            "type": "rss",
            "text": "Tea & <talk>",
            "title": "Tea & <talk>",
            "xmlUrl": "https://hearth.example.org/shows/tea/feed.xml",
            "htmlUrl": "https://hearth.example.org/shows/tea",
            "language": "cy",
        },
    ]


def test_a_service_without_shows_has_an_empty_list() -> None:
    assert outlines(render_opml("Hearth", [])) == []


def test_bad_characters_and_bad_addresses_break_nothing() -> None:
    opml = render_opml(
        "He\x00arth\ud800",
        [
            make_entry("a", text="\x01"),
            make_entry("b", xml_url="javascript:x"),
            make_entry("c", html_url="x:y"),
        ],
    )

    a, c = outlines(opml)
    assert a["text"] == a["xmlUrl"] == "https://hearth.example.org/shows/a/feed.xml"
    assert c["xmlUrl"] == "https://hearth.example.org/shows/c/feed.xml"
    assert "htmlUrl" not in c
