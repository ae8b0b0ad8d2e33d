"""A description as feeds may carry it: a few HTML tags, valid, and of at most 4,000 bytes.

Apple's guide names p, ol, ul, li and a; PSP-1 adds b, i, strong and em. The caller's HTML is taken to be
safe, and reduced all the same: nh3 reads it as a browser would, and what is written below is made of
nothing but these tags, checked addresses and escaped text. Headings become bold paragraphs and line breaks
become new paragraphs, so that words which stood apart stay apart.
"""

import html

import nh3

from feeds.markup import BLOCKS, BREAKS, HEADINGS, INLINE, MarkupWriter
from feeds.text import one_line, speakable

DESCRIPTION_BYTES = 4_000
"""Apple and PSP-1: a description has at most 4,000 bytes."""


def feed_html(source_html: str, limit_bytes: int = DESCRIPTION_BYTES) -> str:
    """The HTML reduced to the tags of a feed, cut between words where it is too long."""
    # Twice, since a reference such as &#1; turns into its character only when it is read.
    clean = speakable(_CLEANER.clean(speakable(source_html[:_SOURCE_CHARACTERS])))
    whole = _rewrite(clean, None)
    return whole if len(whole.encode()) <= limit_bytes else _rewrite(clean, limit_bytes)


def paragraph(text: str) -> str:
    """Plain text as one paragraph of HTML; nothing where there is no text."""
    line = " ".join(speakable(text).split())
    return f"<p>{html.escape(line, quote=False)}</p>" if line else ""


def noted(content_note: str | None, source_html: str) -> str:
    """The HTML with the content note as its first paragraph, where every app shows it."""
    note = one_line(content_note or "")
    if not note:
        return source_html
    return f"<p><strong>Content note:</strong> {html.escape(note, quote=False)}</p>{source_html}"


def _rewrite(clean_html: str, limit_bytes: int | None) -> str:
    writer = MarkupWriter(limit_bytes)
    writer.feed(clean_html)
    return writer.finish()


_SOURCE_CHARACTERS = 40_000  # what lies beyond could hardly be shown, and costs time to read

_CLEANER = nh3.Cleaner(
    tags=set(INLINE | BLOCKS | HEADINGS | BREAKS),
    clean_content_tags={"script", "style", "iframe", "object", "template"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
