"""What is wrong with an answer, whatever was asked: each fault in a few words."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import html5lib
from lxml import etree

from tests.walk.asked import Answer, Asked
from tests.walk.forms import tree_of

XML = ("application/rss+xml", "application/xml", "text/xml", "text/x-opml", "application/atom+xml")
BINARY = ("audio/", "image/", "font/")


def faults(
    asked: Asked, answer: Answer, secrets: Mapping[str, str], *, strictly: bool
) -> tuple[list[str], Any]:
    """All that is wrong, and the page as a tree where it is one. `strictly` parses as browsers do, slowly."""
    found = []
    if answer.status >= 500 and not _is_meant(asked, answer):
        found.append(f"answered {answer.status}")
    found += _headers(answer)
    if asked.method == "HEAD":
        return found + (["HEAD with a body"] if answer.body else []), None
    if answer.kind.startswith(BINARY):
        return found, None
    text = answer.body.decode("utf-8", "replace")
    if not asked.target.startswith("/static"):
        found += [f"shows {what}" for secret, what in secrets.items() if secret in text]
    tree = None
    if answer.kind == "text/html" and answer.body:
        tree, broken = tree_of(answer.body)
        found += [f"HTML: {message}" for message in broken[:3]]
        if tree.find(".//walk-hit") is not None or tree.xpath("//*[@onload]"):
            found.append("what was typed became markup")
        if strictly:
            found += _strict(text)
    elif answer.kind == "application/json":
        found += _json(text)
    elif answer.kind in XML:
        found += _xml(answer.body)
    return found, tree


def _is_meant(asked: Asked, answer: Answer) -> bool:
    """What is no fault of ours: health without a worker, and oEmbed's own word for a format."""
    path = unquote(asked.target.partition("?")[0]).strip("/")
    if path == "health":
        return answer.status == 503 and "Retry-After" in answer.headers
    return path == "oembed" and answer.status == 501


def _headers(answer: Answer) -> list[str]:
    found = []
    location = answer.headers.get("Location", "")
    if location and not _is_ours(location):
        found.append(f"leads away to {location[:80]}")
    if "X-Walk" in answer.headers or any("\n" in value or "\r" in value for value in answer.headers.values()):
        found.append("a header that was typed")
    for cookie in answer.headers.getlist("Set-Cookie"):
        if "HttpOnly" not in cookie or "SameSite=Lax" not in cookie:
            found.append("a cookie that scripts may read")
    for name in ("Content-Security-Policy", "X-Content-Type-Options"):
        if name not in answer.headers:
            found.append(f"no {name}")
    if answer.body and not answer.kind:
        found.append("no Content-Type")
    return found


def _is_ours(location: str) -> bool:
    if location.startswith(("http://127.0.0.1:8000/", "http://127.0.0.1:8000?")):
        return True
    return location.startswith("/") and location[1:2] not in ("/", "\\")


def _strict(text: str) -> list[str]:
    parser = html5lib.HTMLParser()
    parser.parse(text)
    # a control character that somebody typed is shown again as it is; browsers leave it out
    told = [(place, code) for place, code, _ in parser.errors if code != "invalid-codepoint"]
    return [f"HTML: {code} at {place}" for place, code in told[:3]]


def _json(text: str) -> list[str]:
    try:
        json.loads(text)
    except ValueError as error:
        return [f"JSON: {error}"]
    return []


def _xml(body: bytes) -> list[str]:
    try:
        etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        return [f"XML: {error.msg}"]
    return []
