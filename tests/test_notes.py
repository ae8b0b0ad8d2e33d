"""Notes: whatever a producer types, readers get harmless HTML."""

import re

import html5lib
import pytest

from app.notes import TAGS, Moments, notes_html, notes_paragraphs

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
    "[x](#t=5)",
    "[x](#t=5%22onclick=alert(1))",
    "[x](#top)",
    "[x](//example.org#t=5)",
    "[x](/sign-out)",
    "[x](\t//example.org)",
    "<a href='#t=5' data-moment='5' onclick='alert(1)'>0:05</a>",
    'https://example.org/"onmouseover=alert(1)',
    "https://example.org/<script>alert(1)</script>",
    "https://javascript:alert(1)@example.org",
    "javascript:alert(1)//https://example.org",
    "https://example.org/\u202e0:05",
    "0:05<script>alert(1)</script>0:05",
    "[0:05](javascript:alert(1)) 0:05",
    "> " * 200 + "deep",
    "*" * 5000,
    "[" * 5000,
)


HOUR_MS = 3_600_000
#: Notes without a recording, on the recording's own page, and elsewhere.
PLACES = (None, Moments(HOUR_MS), Moments(HOUR_MS, "https://hearth.example.org/shows/s/one"))


@pytest.mark.parametrize("moments", PLACES, ids=["none", "own page", "elsewhere"])
@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_notes_become_only_listed_elements_without_scripts(
    typed: str, moments: Moments | None
) -> None:
    tree = html5lib.parseFragment(notes_html(typed, moments=moments), namespaceHTMLElements=False)

    for element in tree.iter():
        assert element.tag == "DOCUMENT_FRAGMENT" or element.tag in TAGS
        assert set(element.attrib) <= {"href", "title", "rel", "start", "data-moment"}
        address = element.get("href", "https:")
        is_moment = moments == PLACES[1] and re.fullmatch("#t=[0-9]+", address)
        assert is_moment or address.split(":")[0] in ("http", "https", "mailto", "tel")
        assert element.get("data-moment", "0").isdecimal()


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


def linked(typed: str, moments: Moments | None = PLACES[1]) -> list[tuple[str | None, str]]:
    """Every link: where it leads, and its words."""
    tree = html5lib.parseFragment(notes_html(typed, moments=moments), namespaceHTMLElements=False)
    return [(link.get("href"), "".join(link.itertext())) for link in tree.iter("a")]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("See https://example.org/a_b_c?x=1&y=2.", "https://example.org/a_b_c?x=1&y=2"),
        ("(https://example.org/Falls_(medicine)), yes", "https://example.org/Falls_(medicine)"),
        ("**http://example.org/**", "http://example.org/"),
        ("“https://example.org/x!”", "https://example.org/x"),
        ("- https://example.org/12:30", "https://example.org/12:30"),
    ],
)
def test_a_web_address_becomes_a_link_without_the_sentences_punctuation(typed: str, address: str) -> None:
    assert linked(typed) == [(address, address)]


@pytest.mark.parametrize("typed", ["https://", "https://)", "xhttps://example.org", "`https://example.org`"])
def test_what_is_no_web_address_stays_as_it_is(typed: str) -> None:
    assert linked(typed) == []


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("12:30 The question", [750]),
        ("12:30: The question", [750]),
        ("- 0:00 Hello\n- 59:59 Goodbye", [0, 3599]),
        ("# 1:05 in a heading, and **(2:30)**", [65, 150]),
        ("from 0:10 to 0:20, or 0:10-0:20", [10, 20, 10, 20]),
        ("At 0:05:09, or at 5:09.", [309, 309]),
        ("we may mark 12:30", [750]),
    ],
)
def test_a_time_becomes_a_link_to_the_moment(typed: str, seconds: list[int]) -> None:
    assert [address for address, _ in linked(typed)] == [f"#t={second}" for second in seconds]
    assert f'data-moment="{seconds[0]}"' in notes_html(typed, moments=PLACES[1])


@pytest.mark.parametrize(
    "typed",
    [
        "10:30 am",
        "10:30PM",
        "10:30 a.m.",
        "9:00 to 10:30 am",
        "9:00–11 pm",
        "14:00 GMT",
        "12:30 o'clock",
        "2026-11-25 12:30",
        "2026-11-25T12:30",
        "2026-11-25\n12:30",
        "25/11/2026, **12:30**",
        "on 25 November 2026 at 12:30",
        "March 3rd, 12:30",
        "every Monday at 12:30",
        "12:30:15.5",
        "12:30+01:00",
        "0:75",
        "1:00:00 is the end",
        "0:61:00",
        "`12:30`",
        "    12:30",
        "x12:30",
        "112:30x",
        "1.12:30",
        "a/12:30",
    ],
)
def test_what_is_no_moment_of_the_recording_stays_as_it_is(typed: str) -> None:
    assert linked(typed) == []


def test_a_time_in_a_link_is_left_to_the_link() -> None:
    assert linked("[at 12:30](https://example.org)") == [("https://example.org", "at 12:30")]


def test_elsewhere_a_moment_has_the_address_of_its_page() -> None:
    assert linked("12:30", PLACES[2]) == [("https://hearth.example.org/shows/s/one#t=750", "12:30")]


def test_without_a_recording_there_are_no_moments() -> None:
    assert linked("12:30 https://example.org", None) == [("https://example.org", "https://example.org")]
