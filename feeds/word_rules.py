"""What directories ask of words alike on a channel and on an item, and figures that rules of both use."""

import re
from collections.abc import Iterator

from feeds.admission import UNTITLED
from feeds.description import DESCRIPTION_BYTES, feed_html
from feeds.problem import Code, Field, Judge, Problem
from feeds.text import TAG_VALUE_CHARACTERS

CONCISE_CHARACTERS = 150
"""Apple asks for a "clear, concise" title without a figure; this is about four lines of a phone."""

LEAST_BPS = 30_000
"""Fewer bits than a listenable MP3 has: length and duration do not belong together."""


def title_problems(text: str, whose: str, field: Field, guid: str | None) -> Iterator[Problem]:
    """What holds for titles of shows and episodes: there, concise, and without HTML.

    Apple and PSP-1: a value has at most 255 characters; HTML stands only in descriptions. Any letter, sign or
    emoji may.
    """
    plain = " ".join(text.split())
    if not plain:
        yield Problem(
            Code.TITLE_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            f"{whose} has no title, so apps show “{UNTITLED}”.",
            "Enter one.",
            field,
            guid,
        )
    elif len(plain) > CONCISE_CHARACTERS:
        cut = "the rest is cut off" if len(plain) > TAG_VALUE_CHARACTERS else "phones show only its beginning"
        yield Problem(
            Code.TITLE_LONG,
            (Judge.APPLE, Judge.PSP_1),
            False,
            f"{whose} has a title of {len(plain)} characters; {cut}.",
            "Shorten it, and put what matters most first. The description has room for the rest.",
            field,
            guid,
        )
    if _MARKUP.search(plain):
        yield Problem(
            Code.TITLE_MARKUP,
            (Judge.APPLE,),
            False,
            "The title holds signs of a web page, such as <b> or &amp;, and apps show them as they stand.",
            "Write plain words.",
            field,
            guid,
        )


def length_problems(source_html: str, whose: str, field: Field, guid: str | None) -> Iterator[Problem]:
    """Apple and PSP-1: a description has at most 4,000 bytes, as a feed writes it; the rest is cut off."""
    if len(source_html.encode("utf-8", "replace")) <= DESCRIPTION_BYTES // 2:
        return  # writing it anew doubles nothing that people write, and takes time
    size_bytes = len(feed_html(source_html, _NO_LIMIT).encode())
    if size_bytes > DESCRIPTION_BYTES:
        yield Problem(
            Code.DESCRIPTION_LONG,
            (Judge.APPLE, Judge.PSP_1),
            False,
            f"{whose} is about {size_bytes - DESCRIPTION_BYTES:,} letters too long for podcast apps, "
            "which get only its beginning.",
            "Shorten it, or leave it: its web page shows all of it.",
            field,
            guid,
        )


_NO_LIMIT = 1_000_000
_MARKUP = re.compile(
    r"</?(?:a|abbr|b|big|br|center|code|div|em|font|h[1-6]|i|iframe|img|li|object|ol|p|script|small|span"
    r"|strong|style|sub|sup|svg|u|ul)"
    r"(?:\s[^<>]*)?/?>|&(?:amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-f]+);",
    re.IGNORECASE,
)
