import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.description import DESCRIPTION_BYTES, feed_html, noted, paragraph
from tests.feeds.reading import parse_markup, shown_text

ALLOWED = {"p", "ol", "ul", "li", "a", "b", "i", "strong", "em"}


@pytest.mark.parametrize(
    ("source", "reduced"),
    [
        ("<p>Plain</p>", "<p>Plain</p>"),
        ("no tag at all", "<p>no tag at all</p>"),
        (
            "<p>a <b>b</b> <i>i</i> <strong>s</strong> <em>e</em></p>",
            "<p>a <b>b</b> <i>i</i> <strong>s</strong> <em>e</em></p>",
        ),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        (
            "<ol><li>one<ul><li>inner</li></ul></li></ol>after",
            "<ol><li>one<ul><li>inner</li></ul></li></ol><p>after</p>",
        ),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "<ul><li>a b</li></ul>"),
        ("<h2>Head</h2><p>text</p>", "<p><strong>Head</strong></p><p>text</p>"),
        ("one<br>two<br/>three", "<p>one</p><p>two</p><p>three</p>"),
        ("<blockquote><p>said</p></blockquote>", "<p>said</p>"),
        (
            "<table><tr><td>a</td><td>b</td></tr></table>",
            "<p>a</p><p>b</p>",
        ),
        ("<p>open <b>bold", "<p>open <b>bold</b></p>"),
        ("<p></p><b></b><ul></ul>", ""),
        ("<b><p>bold paragraph</p></b>", "<p><b>bold paragraph</b></p>"),
        ("<p>  a\n\t b  </p>\n\n<p>c</p>", "<p>a b</p><p>c</p>"),
        ("<p>ten\u00a0km</p>", "<p>ten\u00a0km</p>"),
        ("<p>x < y & z ]]> end</p>", "<p>x &lt; y &amp; z ]]&gt; end</p>"),
        ("<script>alert(1)</script><p>safe</p><style>p{}</style>", "<p>safe</p>"),
        ("<p onclick='x' style='y'>bare</p>", "<p>bare</p>"),
        ("<p>pic <img src=x onerror=alert(1)> ture</p>", "<p>pic ture</p>"),
        ("<!-- hidden --><p>shown</p>", "<p>shown</p>"),
        ("<p>a&#1;b&#xfffe;c&#x7f;</p>", "<p>abc</p>"),
        (
            '<a href="https://example.org/?a=1&b=2" target="_blank" rel="x">go</a>',
            '<p><a href="https://example.org/?a=1&amp;b=2">go</a></p>',
        ),
        ('<a href="mailto:us@example.org">write</a>', '<p><a href="mailto:us@example.org">write</a></p>'),
        ('<a href="javascript:alert(1)">no</a> yes', "<p>no yes</p>"),
        ('<a href="/relative">no</a>', "<p>no</p>"),
        ('<a href="https://example.org/ü">go</a>', '<p><a href="https://example.org/%C3%BC">go</a></p>'),
    ],
)
def test_html_is_reduced_to_what_a_feed_may_carry(source: str, reduced: str) -> None:
    assert feed_html(source) == reduced


def test_reduced_html_is_not_reduced_further() -> None:
    once = feed_html("<h1>A</h1>b<br>c<ul><li><a href='https://example.org'>d</a> e</ul><i>f")

    assert feed_html(once) == once


@pytest.mark.parametrize("limit_bytes", [40, 100, 999, DESCRIPTION_BYTES])
@pytest.mark.parametrize(
    "source",
    [
        "<p>" + "word " * 2_000 + "</p>",
        "<p>short paragraph</p>" * 500,
        "<ul>" + "<li>an <b>item</b> of <i>many</i></li>" * 500 + "</ul>",
        "<ol><li>deep<ul><li>deeper" * 200,
        "x" * 9_000,
        "&" * 9_000,
        "ü😀" * 4_000,
        "<b>" * 3_000 + "bold" * 3_000,
        "<p>" + '<a href="https://example.org/a/long/address">link</a> ' * 300 + "</p>",
    ],
)
def test_a_long_description_is_cut_to_the_limit_and_stays_valid(source: str, limit_bytes: int) -> None:
    cut = feed_html(source, limit_bytes)

    assert len(cut.encode()) <= limit_bytes
    assert cut.count("…") == 1
    assert shown_text(parse_markup(cut)).endswith("…")


def test_a_cut_falls_between_words() -> None:
    cut = feed_html("<p>" + "abcdefg " * 1_000 + "</p>")

    assert cut.endswith("abcdefg…</p>")
    assert len(cut.encode()) > DESCRIPTION_BYTES - len("abcdefg ")


def test_no_space_stands_before_the_mark_of_a_cut() -> None:
    assert feed_html("<p>one <b>wonderful</b></p>", 24) == "<p>one…</p>"
    assert feed_html("<p><b>one wonderful</b></p>", 26) == "<p><b>one…</b></p>"


def test_a_description_of_exactly_the_limit_is_not_cut() -> None:
    whole = f"<p>{'x' * (DESCRIPTION_BYTES - len('<p></p>'))}</p>"

    assert feed_html(whole) == whole


def test_a_cut_never_splits_an_escape() -> None:
    for length in range(40, 60):
        cut = feed_html("&" * 100, length)

        assert cut.removeprefix("<p>").removesuffix("…</p>").replace("&amp;", "") == ""


FRAGMENTS = st.lists(
    st.sampled_from(
        [f"<{tag}>" for tag in sorted(ALLOWED)]
        + [f"</{tag}>" for tag in sorted(ALLOWED)]
        + ["<h2>", "</h2>", "<br>", "<div>", "</div>", "<hr>", "<dl><dt>"]
        + ["<a href='https://example.org'>", "<u>", "</u>", "<img alt=x>", "&lt;", "&amp;", " ", "one", "two"]
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=500)
@given(fragments=FRAGMENTS)
def test_no_text_is_lost_however_the_tags_are_muddled(fragments: list[str]) -> None:
    source = "".join(fragments)
    as_browsers_read_it = html5lib.parseFragment(source, treebuilder="etree", namespaceHTMLElements=False)

    reduced = feed_html(source)

    markup = parse_markup(reduced)
    assert "".join(shown_text(markup).split()) == "".join(shown_text(as_browsers_read_it).split())
    assert {element.tag for element in markup.iterdescendants()} <= ALLOWED
    assert all(shown_text(element).strip() for element in markup.iterdescendants())
    assert {child.tag for child in markup} <= {"p", "ul", "ol"}


def test_a_note_is_escaped_and_comes_first() -> None:
    assert noted("<i>grief</i>", "<p>x</p>") == (
        "<p><strong>Content note:</strong> &lt;i&gt;grief&lt;/i&gt;</p><p>x</p>"
    )
    assert noted(" \x00", "<p>x</p>") == noted(None, "<p>x</p>") == "<p>x</p>"


def test_plain_text_becomes_a_paragraph_and_nothing_becomes_nothing() -> None:
    assert paragraph(" a\n<b> ") == "<p>a &lt;b&gt;</p>"
    assert paragraph(" \x01 ") == ""
