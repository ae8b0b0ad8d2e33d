"""Reads every kind of output as its reader would, and tells what in it could act.

Allow-lists: what our own templates and files never hold is a finding, whoever put it there.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import html5lib
from lxml import etree

from tests.threats.payloads import names, squeezed

OURS = "http://127.0.0.1:8000"

#: All elements of our pages.
ELEMENTS = names(
    """
    html head meta title link script body a header div nav ul ol li main h1 h2 h3 h4 h5 h6 p section
    article span footer form input button label textarea select option fieldset legend details summary
    strong em b i code pre blockquote br hr dl dt dd table thead tbody tfoot tr th td caption time audio
    img figure figcaption noscript mark abbr small kbd progress output dialog template cite svg path
    rect g circle line polyline defs clipPath
    """
)
#: Their attributes, but for data-*, aria-* and those below.
ATTRIBUTES = names(
    """
    lang dir class id name content property charset rel type title value for hidden tabindex role
    autocapitalize autocomplete required checked selected disabled multiple accept maxlength minlength
    min max step rows cols placeholder inputmode spellcheck readonly method enctype novalidate open
    controls preload loading decoding width height alt sizes scope colspan rowspan datetime start
    download target translate pattern viewBox d fill stroke x y rx ry cx cy r x1 x2 y1 y2 points
    preserveAspectRatio focusable shape-rendering stroke-width stroke-linecap stroke-linejoin fill-rule
    transform xmlns hreflang reversed
    """
)
#: Attributes that lead somewhere.
ADDRESSES = names(
    """
    href src action formaction poster data cite srcset ping background
    """
)
#: Where a person may be led by a link; then, into an app: our own feed, and the key of codes.
SCHEMES = frozenset(("http", "https", "mailto", "tel"))
CODES = re.compile(r"otpauth://totp/Hearth:[\w.@+-]+\?secret=[A-Z2-7]+&issuer=Hearth")
APPS = ("podcast:", "pktc:", "overcast:", "antennapod-subscribe:")
#: What a note or description may consist of.
NOTES = names(
    """
    h2 h3 h4 h5 h6 p br a strong em ul ol li blockquote code pre hr b i
    """
)
BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")


@dataclass
class Reading:
    """What a reader of an output meets: all its words without white space, and what could act."""

    words: str = ""
    dangers: list[str] = field(default_factory=list)


def read(mimetype: str, body: bytes) -> Reading:
    """The output as the reader of its type would take it."""
    readers = {
        "text/html": _page,
        "application/rss+xml": _feed,
        "application/xml": _xml,
        "text/xml": _xml,
        "text/x-opml": _xml,
        "application/json": _json,
        "application/json+chapters": _json,
        "application/x-subrip": _subrip,
        "text/vtt": _webvtt,
        "text/csv": _table,
        "text/plain": _plain,
    }
    return readers[mimetype](body.decode("utf-8"))


def _page(text: str) -> Reading:
    return _markup(html5lib.parse(text, namespaceHTMLElements=False), ELEMENTS)


def fragment(html: str, elements: frozenset[str] = NOTES) -> Reading:
    """A piece of HTML that stands in something else."""
    return _markup(html5lib.parseFragment(html, namespaceHTMLElements=False), elements)


def _markup(root: Any, elements: frozenset[str]) -> Reading:
    reading = Reading()
    words: list[str] = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            reading.dangers.append(f"comment {element.text!r}")
            continue
        tag = element.tag.rpartition("}")[2]
        if tag not in elements and tag != "DOCUMENT_FRAGMENT":
            reading.dangers.append(f"<{tag}> {dict(element.attrib)}")
        if tag == "script":
            reading.dangers += _script(element, words)
        elif element.text:
            words.append(element.text)
        if element.tail:
            words.append(element.tail)
        for name, value in element.attrib.items():
            words.append(f"\n{value}\n")
            reading.dangers += _attribute(tag, name, value)
    reading.words = squeezed("".join(words))
    return reading


def _script(element: Any, words: list[str]) -> Iterator[str]:
    """A script is a file of ours, or linked data that is JSON."""
    if element.attrib.get("type") == "application/ld+json":
        words.extend(_strings(json.loads(element.text)))
    elif not element.attrib.get("src", "").startswith("/static/") or element.text:
        yield f"<script> {element.text!r}"


def _attribute(tag: str, name: str, value: str) -> Iterator[str]:
    if name in ADDRESSES:
        yield from _address(tag, name, value)
    elif name == "http-equiv" or name.lower().startswith("on") or name in ("style", "srcdoc"):
        yield f"<{tag} {name}={value!r}>"
    elif name == "clip-path":
        if value != "url(#heard)":
            yield f"<{tag} {name}={value!r}>"
    elif name not in ATTRIBUTES and not re.fullmatch(r"(data|aria)-[a-z-]+", name):
        yield f"<{tag} {name}={value!r}> is not of ours"


def _address(tag: str, name: str, value: str) -> Iterator[str]:
    """Only a link leads elsewhere; everything that is loaded or sent to is ours."""
    found = f"<{tag} {name}={value!r}>"
    if re.match(r"[\x00-\x20]|[/\\]{2}", value) or re.search(r"[\x00-\x1f]", value):
        yield found
        return
    scheme = urlsplit(value).scheme
    if not scheme:
        ours = value.startswith(("/", "#", "?")) or (tag == "a" and not value)
        if not ours:
            yield found
    elif tag == "a" and name == "href":
        opens_app = (value.startswith(APPS) and "127.0.0.1" in value) or CODES.fullmatch(value)
        if scheme not in SCHEMES and not opens_app:
            yield found
    elif not value.startswith(f"{OURS}/"):
        yield found


def _tree(text: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(text.encode(), parser)


def _xml(text: str) -> Reading:
    reading, words = Reading(), []
    for element in _tree(text).iter():
        if not isinstance(element.tag, str):
            reading.dangers.append(f"not an element: {element}")
            continue
        words += [element.text or "", element.tail or "", *map(str, element.attrib.values())]
        for name, value in element.attrib.items():
            leads = str(name).lower() in ("url", "href", "xmlurl", "htmlurl")
            if leads and urlsplit(str(value)).scheme not in ("http", "https"):
                reading.dangers.append(f"{element.tag} {name}={value!r}")
        if etree.QName(element).localname == "html":
            reading.dangers += frame_dangers(element.text or "")
    reading.words = squeezed("\n".join(words))
    return reading


def frame_dangers(html: str) -> Iterator[str]:
    """The code of a frame (oEmbed) is one frame of ours with nothing in or beside it."""
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    (frame,) = found if len(found := list(root)) == 1 else (None,)
    if frame is None or root.text or frame.tag != "iframe" or len(frame) or frame.text or frame.tail:
        yield f"not one frame: {html!r}"
    elif (
        not re.fullmatch(rf"{OURS}/embed/[0-9a-f-]{{36}}", frame.attrib["src"])
        or frame.attrib["style"] != "border:0;max-width:100%"
        or frame.attrib.keys() != {"src", "title", "width", "height", "loading", "style"}
    ):
        yield f"another frame: {html!r}"


def _feed(text: str) -> Reading:
    reading = _xml(text)
    for element in _tree(text).iter("description", "{http://purl.org/rss/1.0/modules/content/}encoded"):
        inner = fragment(element.text or "")
        reading.dangers += inner.dangers
        reading.words += inner.words
    for element in _tree(text).iter("link"):
        if not (element.text or "").startswith(f"{OURS}/"):
            reading.dangers.append(f"link {element.text!r}")
    return reading


def _json(text: str) -> Reading:
    said = json.loads(text)
    reading = Reading(squeezed("\n".join(_strings(said))))
    html = said.get("html") if isinstance(said, dict) else None
    if html is not None and "version" in said:  # oEmbed
        reading.dangers += frame_dangers(html)
    elif html is not None:
        reading.dangers += fragment(html).dangers
    return reading


def _strings(said: object) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for name, value in said.items():
            yield name
            yield from _strings(value)
    elif isinstance(said, list):
        for value in said:
            yield from _strings(value)


_VTT_TIMING = re.compile(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}")


def _webvtt(text: str) -> Reading:
    """Nothing but cues: no note, style or settings, and of tags only the speaker's."""
    reading, words, speakers = Reading(), [], []
    header, *blocks = text.rstrip("\n").split("\n\n")
    if header != "WEBVTT":
        reading.dangers.append(f"header {header!r}")
    for block in blocks:
        timing, _, payload = block.partition("\n")
        plain = re.sub(r"^<v ([^<>&]|&\w+;)*>|</v>$", "", payload)
        if not _VTT_TIMING.fullmatch(timing) or "-->" in payload or "<" in plain or ">" in plain:
            reading.dangers.append(f"cue {block!r}")
        speakers += re.findall(r"^<v (.*?)>", payload)
        words.append(re.sub(r"^<v .*?>", "", payload).removesuffix("</v>"))
    reading.words = squeezed(_unescaped("\n".join((*words, *speakers))))
    return reading


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _subrip(text: str) -> Reading:
    """Cues in the order of their numbers, each with one timing, and no tag in it."""
    reading, words = Reading(), []
    for number, block in enumerate(text.strip("\n").split("\n\n"), 1):
        counted, timing, *rows = block.split("\n")
        if counted != str(number) or not re.fullmatch(r"[\d:,]+ --> [\d:,]+", timing):
            reading.dangers.append(f"cue {block!r}")
        if any("-->" in row or re.search(r"</?[a-z]", row, re.IGNORECASE) or "{\\" in row for row in rows):
            reading.dangers.append(f"cue {block!r}")
        words += rows
    reading.words = squeezed("\n".join(words))
    return reading


def _table(text: str) -> Reading:
    reading, words = Reading(), []
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        reading.dangers += [f"cell {cell!r}" for cell in row if cell.startswith(BEGINS_FORMULA)]
        words += row
    reading.words = squeezed("\n".join(words))
    return reading


def _plain(text: str) -> Reading:
    return Reading(squeezed(text))
