"""Notes: whatever a producer types, readers get harmless HTML."""

import html5lib
import pytest

from app.notes import TAGS, notes_html, notes_paragraphs

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src='https://example.org'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](vbscript:msgbox)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    '[x](https://example.org "onmouseover=alert(1)")',
    '[x](https://example.org" onmouseover="alert(1))',
    "![x](https://tracker.example.org/pixel.gif)",
    "![x](javascript:alert(1))",
    "<https://example.org/?q=<script>>",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "<style>body{display:none}</style>",
    "<form action=/sign-out method=post><button>win</button></form>",
    "<!-- --><script>alert(1)</script>",
    "a\x00b<scr\x00ipt>alert(1)</scr\x00ipt>",
    "> " * 200 + "deep",
    "*" * 5000,
    "[" * 5000,
)


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_notes_become_only_listed_elements_without_scripts(typed: str) -> None:
    tree = html5lib.parseFragment(notes_html(typed), namespaceHTMLElements=False)

    for element in tree.iter():
        assert element.tag == "DOCUMENT_FRAGMENT" or element.tag in TAGS
        assert set(element.attrib) <= {"href", "title", "rel", "start"}
        address = element.get("href", "https:")
        assert address.split(":")[0] in ("http", "https", "mailto", "tel")


def test_pictures_leave_their_words_and_load_nothing() -> None:
    assert notes_html("![A ward at night](https://example.org/a.jpg)") == "<p>A ward at night</p>"


def test_what_looks_like_markup_is_shown_as_typed() -> None:
    assert notes_html("5 < 6 & <b>bold</b>") == "<p>5 &lt; 6 &amp; &lt;b&gt;bold&lt;/b&gt;</p>"


def test_links_lists_and_emphasis_stay() -> None:
    made = notes_html("See [the list](https://example.org/list).\n\n- **one**\n- *two*")

    assert '<a href="https://example.org/list" rel="noopener nofollow">the list</a>' in made
    assert "<li><strong>one</strong></li>" in made
    assert "<em>two</em>" in made


def test_headings_stand_below_those_of_the_page_without_a_gap() -> None:
    made = notes_html("# One\n\n### Two\n\n# Three\n\n###### Four", top_heading=3)

    assert [part for part in made.replace("</", "\n</").split("\n") if part.startswith("<h")] == [
        "<h3>One",
        "<h4>Two",
        "<h3>Three",
        "<h4>Four",
    ]


def test_line_ends_that_were_typed_are_kept() -> None:
    assert notes_html("one\ntwo") == "<p>one<br>\ntwo</p>"


def test_paragraphs_are_plain_words() -> None:
    typed = "# Title\n\nSee [the *list*](https://example.org) & more.\n\n- one\n- two"

    assert notes_paragraphs(typed) == ("Title", "See the list & more.", "one", "two")
