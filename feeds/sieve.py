"""Lets through single values that a feed may carry, and notes the ones it may not.

It knows values, not items or channels: `feeds.admission` decides which of them a feed cannot do without.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from feeds.address import web_address
from feeds.channel import Funding, PersonLink, TranscriptLink, TxtRecord
from feeds.text import one_line

TRANSCRIPT_TYPES = frozenset(
    {
        "application/json",
        "application/srt",
        "application/x-subrip",
        "text/html",
        "text/plain",
        "text/srt",
        "text/vtt",
    }
)
"""podcast namespace, tag transcript; with the two other names under which SubRip is served."""

SHORT_CHARACTERS = 128
"""podcast namespace: names of persons and seasons, texts of funding, purposes of txt."""

TXT_CHARACTERS = 4_000
"""podcast namespace, tag txt."""


@dataclass(frozen=True)
class Omission:
    """Something the caller gave that the feed does not say, and why."""

    guid: str | None  #: the item's; None where the channel itself is meant
    part: str  #: the field's name, or "item" where the whole item is left out
    reason: str


@dataclass
class Sieve:
    """Checks the optional values of one item or of the channel, and collects what it held back."""

    guid: str | None = None
    omissions: list[Omission] = field(default_factory=list)

    def hold_back(self, part: str, reason: str) -> None:
        """Note that a part is left out."""
        self.omissions.append(Omission(self.guid, part, reason))

    def address(self, part: str, url: str | None) -> str | None:
        """An absolute web address, or None."""
        if url is None:
            return None
        address = web_address(url)
        if address is None:
            self.hold_back(part, "not an absolute web address")
        return address

    def from_one(self, part: str, number: int | None) -> int | None:
        """A whole number from 1 on, or None."""
        if number is not None and number < 1:
            self.hold_back(part, "not a number from 1 on")
            return None
        return number

    def language(self, part: str, tag: str | None) -> str | None:
        """A language tag in lower case, or None. Apple refuses a feed whose tag it cannot read."""
        if tag is None:
            return None
        lower = _lower_tag(tag)
        if lower is None:
            self.hold_back(part, "not a language tag")
        return lower

    def email(self, part: str, address: str | None) -> str | None:
        """An e-mail address, or None."""
        if not address:
            return None
        if _EMAIL_ADDRESS.fullmatch(address.strip()) is None:
            self.hold_back(part, "not an e-mail address")
            return None
        return address.strip()

    def transcripts(self, links: tuple[TranscriptLink, ...]) -> tuple[TranscriptLink, ...]:
        """The links whose address and type may stand."""
        passed = []
        for link in links:
            address = self.address("transcript", link.url)
            if address is None:
                continue
            if link.media_type not in TRANSCRIPT_TYPES:
                self.hold_back("transcript", "not a type of transcript")
                continue
            language = self.language("transcript language", link.language)
            rel = "captions" if link.rel == "captions" else None
            passed.append(TranscriptLink(address, link.media_type, language, rel))
        return tuple(passed)

    def persons(self, persons: tuple[PersonLink, ...]) -> tuple[PersonLink, ...]:
        """The persons who have a name. Roles and groups know no case, and are written in lower case."""
        passed = []
        for person in persons:
            name = one_line(person.name, SHORT_CHARACTERS)
            if not name:
                self.hold_back("person", "without a name")
                continue
            passed.append(
                PersonLink(
                    name,
                    role=one_line(person.role, SHORT_CHARACTERS).lower() or "host",
                    group=one_line(person.group, SHORT_CHARACTERS).lower() or "cast",
                    img=self.address("person img", person.img),
                    href=self.address("person href", person.href),
                )
            )
        return tuple(passed)

    def txt(self, records: tuple[TxtRecord, ...]) -> tuple[TxtRecord, ...]:
        """The records that fit. A proof of ownership that is cut short proves nothing, so none is."""
        passed = []
        for record in records:
            value = one_line(record.value, TXT_CHARACTERS + 1)
            purpose = one_line(record.purpose or "", SHORT_CHARACTERS + 1) or None
            if not value or len(value) > TXT_CHARACTERS or len(purpose or "") > SHORT_CHARACTERS:
                self.hold_back("txt", "empty or too long")
                continue
            passed.append(TxtRecord(value, purpose))
        return tuple(passed)

    def funding(self, pages: tuple[Funding, ...]) -> tuple[Funding, ...]:
        """The pages that have an address."""
        addresses = [(self.address("funding", page.url), page.text) for page in pages]
        return tuple(Funding(url, one_line(text, SHORT_CHARACTERS)) for url, text in addresses if url)


@lru_cache(maxsize=256)
def _lower_tag(tag: str) -> str | None:
    """A feed says the same few languages thousands of times."""
    lower = tag.strip().lower().replace("_", "-")
    return lower if _LANGUAGE_TAG.fullmatch(lower) else None


_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_EMAIL_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
