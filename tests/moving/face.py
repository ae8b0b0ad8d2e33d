"""Every public address of a service with its answer, found by following links; and what search finds."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote, urlencode, urljoin, urlsplit

#: Where a walk begins.
STARTS = ("/", "/opml", "/sitemap.xml", "/robots.txt", "/search", "/accessibility", "/privacy")
#: Of what is compared beside the bytes; the others are the store's own.
FEED = ("content-type", "last-modified")
OTHERS = ("content-type",)
#: Not the service's data.
ELSEWHERE = ("/static/", "/studio", "/account", "/sign-in", "/welcome", "/health", "/search?")
QUERIES = 60
_LINK = re.compile(rb"""(?:href|src|url|xmlUrl|htmlUrl|poster)=["']([^"'<>]+)["']|<loc>([^<]+)</loc>""")
_WORD = re.compile(r"[a-z]{3,}")

Headers = Mapping[str, str]
#: Gives status, headers (by lower-case name) and bytes of an address that begins with "/".
Get = Callable[[str], tuple[int, Headers, bytes]]


@dataclass(frozen=True)
class Answer:
    """What an address says, without the host's name in it."""

    status: int
    headers: tuple[str, ...]
    body: str


def public_face(get: Get, base: str) -> dict[str, Answer]:
    """All that can be reached from the first page, feeds and sound too."""
    seen: dict[str, Answer] = {}
    waiting = list(STARTS)
    while waiting:
        address = waiting.pop()
        if _without_host(address, base) in seen:
            continue
        status, headers, body = get(address)
        told = tuple(headers.get(name, "") for name in (FEED if address.endswith("/feed.xml") else OTHERS))
        seen[_without_host(address, base)] = Answer(status, told, _without_host(body.decode("latin-1"), base))
        if told[0].startswith(("text/html", "text/xml", "application/")):
            waiting += _links(body, address, base)
    return seen


def _links(body: bytes, address: str, base: str) -> list[str]:
    found = []
    for one, other in _LINK.findall(body):
        link = urljoin(base + address, unescape((one or other).decode(errors="replace")))
        inner = urlsplit(link)._replace(scheme="", netloc="", fragment="").geturl()
        if link.startswith(base + "/") and not inner.startswith(ELSEWHERE):
            found.append(inner)
    return found


def _without_host(text: str, base: str) -> str:
    host = urlsplit(base).netloc
    for form in (host, quote(host, safe="")):
        text = text.replace(form, "{host}")
    return text


def queries(face: Mapping[str, Answer], count: int = QUERIES) -> list[str]:
    """Words, phrases and beginnings of words, spread over all that was said."""
    spoken = [face[address].body for address in sorted(face) if address.endswith(".vtt")]
    words = _WORD.findall(" ".join(spoken).lower())
    step = max(1, len(words) * 3 // count)
    some = [words[at : at + 2] for at in range(0, len(words) - 1, step)]
    asked = [form for pair in some for form in (pair[0], f'"{" ".join(pair)}"', f"{pair[1][:4]}*")]
    return asked[:count]


def found_by(get: Get, query: str) -> tuple[int, list[str]]:
    """How many hits there are, and each of them, in an order that says nothing."""
    hits: list[str] = []
    page, count = 1, 1
    while len(hits) < count:
        asked = urlencode({"q": query, "format": "json", "page": page})
        answer = json.loads(get(f"/search?{asked}")[2])
        if not answer["hits"]:
            break
        count, page = answer["count"], page + 1
        hits += (
            json.dumps({**hit, "url": urlsplit(hit["url"])._replace(scheme="", netloc="").geturl()})
            for hit in answer["hits"]
        )
    return count if hits else 0, sorted(hits)


def differences(old: Mapping[str, Answer], new: Mapping[str, Answer]) -> list[str]:
    """Addresses at which the two do not say the same, and in what."""
    told = [f"{address} is only in one of them" for address in sorted(set(old) ^ set(new))]
    for address in sorted(set(old) & set(new)):
        one, other = old[address], new[address]
        for name in ("status", "headers", "body"):
            if getattr(one, name) != getattr(other, name):
                told.append(f"{address} has another {name}")
    return told
