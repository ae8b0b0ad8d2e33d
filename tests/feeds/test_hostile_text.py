"""Whatever people type, the feed stays well-formed and says what can be said of it."""

from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.rss import render_feed
from tests.feeds.factories import make_channel, make_full_channel, make_full_item, make_item
from tests.feeds.reading import parse, parse_markup, read, shown_text, texts

ANYTHING = st.text(st.characters(), max_size=120) | st.sampled_from(
    [
        "]]>",
        "<![CDATA[ x ]]>",
        "<b>bold",
        "</description></item>",
        "&amp;amp; &#0; &nbsp;",
        "\x00 NUL",
        "\ud800 half a pair \udfff",
        "\ufffe\uffff\U0001ffff",
        "<!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
        "<?xml version='1.0'?>",
        "a\r\nb\tc\x85d\u2028e",
    ]
)
EASILY = settings(deadline=None, max_examples=200)


def carried(text: str) -> str:
    """What of a text XML can carry, told apart by the character classes of Unicode and not by a list."""
    return "".join(
        c
        for c in text
        if not 0xD800 <= ord(c) <= 0xDFFF
        and ord(c) & 0xFFFE != 0xFFFE
        and not 0xFDD0 <= ord(c) <= 0xFDEF
        and (c in "\t\n\r\x85" or not (ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F))
    )


@EASILY
@given(title=ANYTHING, item_title=ANYTHING)
def test_titles_come_back_as_they_were_but_for_what_xml_cannot_carry(title: str, item_title: str) -> None:
    channel = read(make_channel(make_item(title=item_title), title=title))

    assert texts(channel, "title") == [" ".join(carried(title).split()) or "Untitled"]
    assert texts(channel, "item/title") == [" ".join(carried(item_title).split()) or "Untitled"]


@EASILY
@given(text=ANYTHING)
def test_a_description_of_plain_text_comes_back_as_it_was(text: str) -> None:
    channel = read(make_channel(make_item(description_html=f"<p>{escape(text)}</p>")))

    descriptions = texts(channel, "item/description")
    shown = shown_text(parse_markup("".join(descriptions)))
    assert shown.split() == carried(text).split()


@EASILY
@given(html=ANYTHING)
def test_any_description_leaves_the_feed_well_formed(html: str) -> None:
    rendered = render_feed(make_channel(make_item(1, description_html=html), description_html=html))

    channel = parse(rendered.xml).find("channel")
    assert channel is not None
    for description in texts(channel, "description") + texts(channel, "item/description"):
        markup = parse_markup(description)
        assert {e.tag for e in markup.iter()} <= {"div", "p", "ol", "ul", "li", "a", "b", "i", "strong", "em"}
    assert rendered.omissions == ()


@EASILY
@given(text=ANYTHING)
def test_any_text_in_every_field_leaves_a_feed_that_parses(text: str) -> None:
    item = make_full_item(1, title=text, summary=text, content_note=text, season_name=text, image_alt=text)
    bad = make_full_item(2, guid=text, link=text, chapters_url=text, image_url=text)

    xml = render_feed(
        make_full_channel(
            item,
            bad,
            title=text,
            author=text,
            owner_name=text,
            owner_email=text,
            copyright=text,
            language=text,
            category=text,
            subcategory=text,
            image_url=text,
            image_alt=text,
            guid=text,
            generator=text,
            new_feed_url=text,
            hub_url=text,
        )
    ).xml

    assert "item-1" in texts(parse(xml), "channel/item/guid")


@EASILY
@given(
    address=st.builds(
        "{}{}{}".format,
        st.sampled_from(["javascript:", "data:", "vbscript:", "file:///", "JaVaScRiPt:", "blob:", " data:"]),
        st.sampled_from(["", "//", "https://", "alert(1)//https://"]),
        st.text(max_size=20),
    )
)
def test_no_address_but_a_web_address_reaches_the_feed(address: str) -> None:
    from_description = f'<p>text <a href="{escape(address)}">link</a></p>'

    rendered = render_feed(
        make_channel(
            make_item(1, link=address),
            make_item(2, description_html=from_description, image_url=address, chapters_url=address),
        )
    )

    channel = parse(rendered.xml).find("channel")
    assert channel is not None
    assert texts(channel, "item/guid") == ["item-2"]
    assert texts(channel, "item/description") == ["<p>text link</p>"]
    assert {o.part for o in rendered.omissions} == {"item", "image_url", "chapters_url"}
