"""What a person typed, made fit for a column: cleaned, and refused in words where it does not fit.

Text goes into feeds, pages, file tags and mail headers, so characters that none of them can carry are
taken out here, once (feed.md; threats T11, T30, T35). Lengths come from the tables themselves.
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

import sqlalchemy as sa

from app.db import Base
from app.errors import Invalid
from feeds.text import speakable

#: Columns without a length of their own: long enough for everyone, short enough for every page.
LONGEST_TEXT = 20_000
#: Apple, channel and item description.
LONGEST_DESCRIPTION = 4_000

_EMAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]{2,}")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def line(text: str | None) -> str:
    """One trimmed line without control characters."""
    return " ".join(speakable(text or "").split())


def lines(text: str | None) -> str:
    """Trimmed text with plain line ends and no control characters."""
    plain = speakable((text or "").replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(row.rstrip() for row in plain.split("\n")).strip()


def person_name(text: str | None) -> str:
    """A name as one line that cannot turn the reading of what stands beside it.

    Joiners stay: names in Persian and Sinhala are written with them. "" where nothing of it can be seen.
    """
    name = line(_DIRECTIONS.sub("", text or ""))
    return name if any(unicodedata.category(c) not in ("Cf", "Zs", "Mn") for c in name) else ""


def file_name(text: str | None) -> str:
    """An uploaded file's name as text for people: at most 200 characters, never a key or a path (T1).

    Characters that turn the direction of reading are taken out: they make `.exe` look like `.mp3`.
    """
    name = re.split(r"[/\\]", line(_DIRECTIONS.sub("", text or "")))[-1].strip(". ")
    if len(name) > 200:
        stem, dot, ending = name.rpartition(".")
        short = dot + ending if dot and 0 < len(ending) <= 10 else ""
        name = (stem if short else name)[: 200 - len(short)] + short
    return name or "recording"


def slug(text: str, otherwise: str) -> str:
    """Lower-case letters, digits and single hyphens from a title, at most 70 characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:70].strip("-")
    return made or otherwise


def first_free(wanted: str, taken: set[str]) -> str:
    """The slug itself, or the first of a-2, a-3 ... that is free."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def too_long(table: type[Base], values: Mapping[str, object], **limits: int) -> dict[str, str]:
    """Problems of texts that are longer than their column: {field: message}."""
    problems = {}
    columns = sa.inspect(table).columns
    for name, value in values.items():
        if not isinstance(value, str) or name not in columns:
            continue
        length = limits.get(name) or getattr(columns[name].type, "length", None) or LONGEST_TEXT
        if len(value) > length:
            problems[name] = f"Use {length:,} characters or fewer. At present there are {len(value):,}."
    return problems


def missing(values: Mapping[str, object], wanted: Mapping[str, str]) -> dict[str, str]:
    """Problems of fields that must say something: {field: message}."""
    return {name: message for name, message in wanted.items() if not values.get(name)}


def email_problem(text: str) -> str | None:
    """What is wrong with an e-mail address, or None; nothing at all is allowed."""
    if not text or (_EMAIL.fullmatch(text) and len(text) <= 254 and "=?" not in text):
        return None
    return "Enter an e-mail address like name@example.nhs.uk."


def link_problem(text: str) -> str | None:
    """What is wrong with a web address, or None: only http and https are ever linked to (T10)."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", text)
    except ValueError:
        good = False
    if good and len(text) <= 500:
        return None
    return "Enter a whole web address that begins with https://"


def refuse(problems: Mapping[str, str | None]) -> None:
    """Raises Invalid where there is any problem."""
    found = {name: message for name, message in problems.items() if message}
    if found:
        raise Invalid(found)
