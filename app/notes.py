"""Notes: Markdown that a producer typed, as HTML that can harm nobody.

Two walls: markdown-it renders with raw HTML off, then nh3 lets through only what is listed here.
Pictures are left out, since loading one would tell a third party who reads. Web addresses become links,
and times such as 12:30 become links to that moment of the recording. Knows nothing of pages; feeds and
search use the same.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
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


#: A web address in the text. What ends a sentence, or closes a bracket around it, is not part of it.
_ADDRESS = r"(?<![\w/:.@])(?P<address>https?://[^\s<>\"`\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,2000})"
_ENDS = ".,;:!?'*_~…’”»"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
#: 12:30 or 1:05:09, where it is a place in the recording and not a time of day (10:30 am, 14:00 GMT,
#: 9:00 to 10:30 am) or a part of something longer (10:30:15.5, 12:30+01:00).
_CLOCK = (
    r"(?<![\w:./+])(?<![A-Za-z]-)(?:(?P<hours>[0-9]{1,2}):)?(?P<minutes>[0-9]{1,3}):(?P<seconds>[0-5][0-9])"
    r"(?!\w|[:.+][0-9])"
    r"(?!\s*(?:(?:[-–—]|to|until)\s*[0-9]{1,2}(?:[:.][0-9]{2})?\s*)?[ap]\.?\s?m\b)"
    r"(?!\s*(?:o['’]clock|noon|hrs?|hours|GMT|BST|UTC|CES?T)\b)"
)
_LINKED = re.compile(f"{_ADDRESS}|{_CLOCK}", re.IGNORECASE)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NTH = "[0-9]{1,2}(?:st|nd|rd|th)?"
#: A day right before a time: then it is a time of that day.
_DAY_BEFORE = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    rf"|\b(?:{_NTH} {_MONTH}|{_MONTH} {_NTH})(?:,? [0-9]{{4}})?)"
    r",?\s*(?:(?:at|from)\s+)?\Z",
    re.IGNORECASE,
)
_DAY_CHARACTERS = 40


@dataclass(frozen=True)
class Moments:
    """Where the times in notes lead: into a recording that is `duration_ms` long.

    `page` is the absolute address of its page; empty on that page itself, whose script plays from there.
    """

    duration_ms: int
    page: str = ""


@lru_cache(maxsize=256)
def notes_html(markdown: str, top_heading: int = 3, moments: Moments | None = None) -> str:
    """The notes as safe HTML. Their headings begin at `top_heading`, in order under the page's own.

    Times stay plain text without `moments`, and where they lie beyond the end of the recording.
    """
    tokens = _PARSER.parse(markdown[:MAX_CHARACTERS], {"moments": moments})
    _shift_headings(tokens, top_heading)
    rendered = _PARSER.renderer.render(tokens, _PARSER.options, {})
    on_its_page = moments is not None and not moments.page
    return (_CLEANER_OF_ITS_PAGE if on_its_page else _CLEANER).clean(rendered).strip()


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


def _link(state: StateCore) -> None:
    """Links in all text that is neither code nor a link already."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = list(_with_links(token.children or [], state.env.get("moments")))


def _with_links(tokens: Sequence[Token], moments: Moments | None) -> Iterator[Token]:
    depth, before = 0, ""
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "text" and depth == 0:
            yield from _cut(token.content, before, moments)
        else:
            yield token
        before = (before + (token.content if token.content else " " * ("break" in token.type)))[
            -_DAY_CHARACTERS:
        ]


def _cut(text: str, before: str, moments: Moments | None) -> Iterator[Token]:
    """The text in pieces, some of them links; `before` is what stands before it on the same line."""
    done, at = 0, 0 if ":" in text else len(text)  # no address and no time is without one
    while found := _LINKED.search(text, at):
        start, words = found.start(), found[0]
        if found["address"]:
            words = _without_end(words)
            link = _address_link(words)
        else:
            said = (before + text[max(0, start - _DAY_CHARACTERS) : start])[-_DAY_CHARACTERS:]
            link = None if _DAY_BEFORE.search(said) else _moment_link(found, moments)
        at = start + len(words)
        if link is not None:
            yield from _plain(text[done:start])
            yield Token("link_open", "a", 1, attrs=link)
            yield from _plain(words)
            yield Token("link_close", "a", -1)
            done = at
    yield from _plain(text[done:])


def _plain(text: str) -> Iterator[Token]:
    if text:
        yield Token("text", "", 0, content=text)


def _without_end(address: str) -> str:
    """An address without the punctuation of the sentence around it."""
    while address and (
        address[-1] in _ENDS
        or (address[-1] in _BRACKETS and address.count(address[-1]) > address.count(_BRACKETS[address[-1]]))
    ):
        address = address[:-1]
    return address


def _address_link(address: str) -> dict[str, str | int | float] | None:
    href = _PARSER.normalizeLink(address)
    has_host = bool(re.match(r"https?://\w", address, re.IGNORECASE))
    return {"href": href} if has_host and _PARSER.validateLink(href) else None


def _moment_link(found: re.Match[str], moments: Moments | None) -> dict[str, str | int | float] | None:
    minutes = int(found["minutes"])
    if moments is None or (found["hours"] and minutes > 59):
        return None
    second = (int(found["hours"] or 0) * 60 + minutes) * 60 + int(found["seconds"])
    if second * 1000 >= moments.duration_ms:
        return None
    return {"href": f"{moments.page}#t={second}", "data-moment": str(second)}


def _only_moments(_tag: str, name: str, value: str) -> str | None:
    """On its own page a link may lead to a moment of it, and nowhere else without a scheme."""
    if name == "data-moment":
        return value if re.fullmatch("[0-9]{1,6}", value) else None
    if name == "href" and not re.match(r"(?:https?|mailto|tel):", value, re.IGNORECASE):
        return value if re.fullmatch("#t=[0-9]{1,6}", value) else None
    return value


_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _MAX_NESTING})
_PARSER.add_render_rule("image", _picture_words)
_PARSER.core.ruler.push("link", _link)
_LISTED: dict[str, Any] = {"tags": set(TAGS), "url_schemes": _SCHEMES, "link_rel": "noopener nofollow"}
_CLEANER = nh3.Cleaner(
    **_LISTED,
    attributes=_ATTRIBUTES,
    url_relative="deny",  # notes are read in podcast apps, too, where a relative address leads nowhere
)
_CLEANER_OF_ITS_PAGE = nh3.Cleaner(
    **_LISTED,
    attributes={**_ATTRIBUTES, "a": {*_ATTRIBUTES["a"], "data-moment"}},
    url_relative="pass_through",
    attribute_filter=_only_moments,
)
