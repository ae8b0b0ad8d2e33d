"""Notes: Markdown that a producer typed, as HTML that can harm nobody.

Two walls: markdown-it renders with raw HTML off, then nh3 lets through only what is listed here.
Pictures are left out, since loading one would tell a third party who reads. Knows nothing of pages;
feeds and search use the same.
"""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
TAGS = frozenset(
    (*_HEADINGS, "p", "br", "a", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "hr")
)
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_DEEPEST_HEADING = 6
#: Longer notes are cut before they are read: no parser gets a hostile megabyte.
MAX_CHARACTERS = 100_000
_MAX_NESTING = 12
_TAG = re.compile(r"<[^>]+>")
_BLOCK_END = re.compile(r"</(?:p|li|pre|h[1-6])>|<(?:hr|br)>")


@lru_cache(maxsize=256)
def notes_html(markdown: str, top_heading: int = 3) -> str:
    """The notes as safe HTML. Their headings begin at `top_heading`, in order under the page's own."""
    tokens = _PARSER.parse(markdown[:MAX_CHARACTERS])
    _shift_headings(tokens, top_heading)
    rendered = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return _CLEANER.clean(rendered).strip()


def notes_paragraphs(markdown: str) -> tuple[str, ...]:
    """The notes as plain paragraphs, one for each block: what search indexes and previews show."""
    blocks = _BLOCK_END.split(notes_html(markdown))
    plain = (" ".join(html.unescape(_TAG.sub("", block)).split()) for block in blocks)
    return tuple(text for text in plain if text)


def _shift_headings(tokens: Sequence[Token], top: int) -> None:
    """Renumber headings from `top` without leaving out a level (WCAG 1.3.1)."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        level = int(token.tag[1])
        if token.type == "heading_open":
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        token.tag = f"h{min(top + len(open_levels) - 1, _DEEPEST_HEADING)}"


def _picture_words(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    return html.escape(tokens[at].content)


_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _MAX_NESTING})
_PARSER.add_render_rule("image", _picture_words)
_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    link_rel="noopener nofollow",
    url_relative="deny",  # notes are read in podcast apps, too, where a relative address leads nowhere
)
