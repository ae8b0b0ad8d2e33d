"""Writes the few tags that a feed may carry, well nested and within a budget of bytes.

It takes HTML that a sanitiser has already made well nested and cleared of control characters, and makes
nothing but allowed tags, checked addresses and escaped text of it. A tag is written when its first text is,
so that no empty element remains.
"""

import html
import re
from dataclasses import dataclass

from feeds.address import web_address
from feeds.text import ELLIPSIS

INLINE = frozenset({"a", "b", "i", "strong", "em"})
BLOCKS = frozenset({"p", "ol", "ul", "li"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BREAKS = frozenset(
    {
        "article",
        "blockquote",
        "br",
        "dd",
        "div",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "header",
        "hr",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
    }
)


@dataclass
class _Open:
    """A tag that has been met, and is written when its first text is."""

    tag: str
    attributes: str = ""
    written: bool = False


class MarkupWriter:
    """Writes what a feed may carry of HTML as a sanitiser serialises it, within a budget of bytes."""

    def __init__(self, limit_bytes: int | None) -> None:
        self._limit_bytes = limit_bytes
        self._written: list[str] = []
        self._written_bytes = 0
        self._stack: list[_Open] = []
        self._after_space = True
        self._full = False

    def feed(self, clean_html: str) -> None:
        """Take the HTML, or its next piece from a border of tags on."""
        for end, tag, href, text in _TOKEN.findall(clean_html):
            if self._full:
                return
            if text:
                self._take_text(html.unescape(text))
            elif end:
                self._take_end(tag)
            else:
                self._take_start(tag, html.unescape(href))

    def _take_start(self, tag: str, href: str) -> None:
        if tag in ("ul", "ol"):
            self._break()
            self._close_inline()
            if sum(o.tag in ("ul", "ol") for o in self._stack) < _LIST_DEPTH:
                self._stack.append(_Open(tag))
        elif tag == "li":
            self._close("p")
            self._close_inline()
            if self._list_depth() is None:
                self._stack.append(_Open("ul"))
            self._close_item()
            self._stack.append(_Open("li"))
        elif tag == "p" or tag in BREAKS:
            self._break()
        elif tag in HEADINGS:
            self._break()
            self._close_inline()
            self._stack += [_Open("p"), _Open("strong")]
        elif tag == "a":
            self._close("a")
            address = _link_address(href)
            if address:
                self._stack.append(_Open("a", f' href="{html.escape(address)}"'))
        elif tag in INLINE and not any(o.tag == tag for o in self._stack):
            self._stack.append(_Open(tag))

    def _take_end(self, tag: str) -> None:
        if tag == "p" or tag in BREAKS or tag in HEADINGS:
            self._break()
        else:
            self._close(tag)

    def _take_text(self, text: str) -> None:
        run = _WHITESPACE.sub(" ", text)
        words = run.strip(" ")
        if run.startswith(" "):
            self._write_space()
        if words:
            self._write_text(words)
            if run.endswith(" "):
                self._write_space()

    def finish(self) -> str:
        """The document, with everything closed that is open."""
        self._pop_to(0)
        if self._full:
            self._written.insert(self._end_of_text(), ELLIPSIS)
        return "".join(self._written)

    def _end_of_text(self) -> int:
        end = len(self._written)
        while end and self._written[end - 1].startswith("</"):
            end -= 1
        return end

    def _break(self) -> None:
        """What follows stands apart: in a new paragraph, or in a list item after a space."""
        self._close("p")
        if any(o.tag == "li" for o in self._stack):
            self._write_space()

    def _write_space(self) -> None:
        if self._after_space or self._full:
            return
        self._after_space = True
        if self._fits(" "):
            self._put(" ")
        else:
            self._full = True

    def _write_text(self, text: str) -> None:
        if self._full:
            return
        self._open_paragraph()
        opening = "".join(f"<{o.tag}{o.attributes}>" for o in self._stack if not o.written)
        escaped = html.escape(text, quote=False)
        if not self._fits(opening + escaped):
            if " " in text:
                for word in text.split(" "):
                    self._write_text(word)
                    self._write_space()
                return
            self._full = True
            if any(not piece.startswith("<") for piece in self._written):
                self._trim_space()
                return
            # Not one word stands yet: better a piece of it than nothing.
            escaped = self._beginning(text, opening)
            if not escaped:
                return
        for opened in self._stack:
            opened.written = True
        if opening:
            if opening.startswith(_BLOCK_OPENINGS):
                self._trim_space()
            self._put(opening)
        self._put(escaped)
        self._after_space = False

    def _open_paragraph(self) -> None:
        """Text stands in a paragraph or a list item, as HTML's content model wants."""
        if any(o.tag in ("p", "li") for o in self._stack):
            return
        block = "p" if self._list_depth() is None else "li"
        depth = next((i for i, o in enumerate(self._stack) if o.tag in INLINE), len(self._stack))
        # An inline tag that stood outside every paragraph goes on inside of this one.
        inner = [_Open(o.tag, o.attributes) for o in self._stack[depth:]]
        self._pop_to(depth)
        self._stack += [_Open(block), *inner]

    def _close(self, tag: str) -> None:
        """Close the innermost such tag with all that is open in it; only lists close across a list."""
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth].tag == tag:
                self._pop_to(depth)
                return
            if self._stack[depth].tag in ("ul", "ol", "li") and tag not in ("ul", "ol", "li"):
                return

    def _close_inline(self) -> None:
        """Close the inline tags that are open here: a list cannot stand in them."""
        depth = len(self._stack)
        while depth and self._stack[depth - 1].tag in INLINE:
            depth -= 1
        self._pop_to(depth)

    def _close_item(self) -> None:
        """Close the item that is open in the innermost list."""
        depth = self._list_depth()
        if depth is not None:
            self._pop_to(depth + 1)

    def _list_depth(self) -> int | None:
        depths = [i for i, o in enumerate(self._stack) if o.tag in ("ul", "ol")]
        return depths[-1] if depths else None

    def _pop_to(self, depth: int) -> None:
        while len(self._stack) > depth:
            opened = self._stack.pop()
            if opened.written:
                if opened.tag in BLOCKS:
                    self._trim_space()
                    self._after_space = True
                self._put(f"</{opened.tag}>")

    def _trim_space(self) -> None:
        if self._written and self._written[-1] == " ":
            self._written.pop()
            self._written_bytes -= 1

    def _fits(self, addition: str) -> bool:
        if self._limit_bytes is None:
            return True
        closing = sum(len(o.tag) + len("</>") for o in self._stack)
        needed = self._written_bytes + len(addition.encode()) + closing + len(ELLIPSIS.encode())
        return needed <= self._limit_bytes

    def _beginning(self, word: str, opening: str) -> str:
        kept = ""
        for character in word:
            longer = kept + html.escape(character, quote=False)
            if not self._fits(opening + longer):
                break
            kept = longer
        return kept

    def _put(self, piece: str) -> None:
        self._written.append(piece)
        if self._limit_bytes is not None:
            self._written_bytes += len(piece.encode())


def _link_address(href: str) -> str | None:
    return href if _MAIL_ADDRESS.fullmatch(href) else web_address(href)


_LIST_DEPTH = 6  # deeper lists say nothing more, and their tags would eat the budget
# nh3 writes names in lower case, attributes in double quotes (escaped in them), and no bare "<" in text.
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: href="([^"]*)")?>|([^<]+)')
_WHITESPACE = re.compile(r"[ \t\n\r\f]+")  # HTML: shown as one space; a no-break space is not
_MAIL_ADDRESS = re.compile(r"mailto:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_BLOCK_OPENINGS = tuple(f"<{tag}>" for tag in sorted(BLOCKS))
