"""Text that XML can carry and every reader shows alike: one line, trimmed, no control characters.

XML 1.0 has no place for surrogates, NUL and most control characters, and lxml raises on them; so one of
them in one title would take down a whole feed.
"""

import re

TAG_VALUE_CHARACTERS = 255
"""PSP-1 and Apple: tag values are at most this long unless stated otherwise."""

ELLIPSIS = "…"

# XML 1.0, production Char, and of what it allows neither the C0 and C1 control characters (RestrictedChar
# of XML 1.1) but tab, line feed, carriage return and NEL, nor the noncharacters that it advises against.
_UNSPEAKABLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\ud800-\udfff"
    "\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


def speakable(text: str) -> str:
    """The text without the characters that no feed may carry."""
    if text.replace("\n", "").isprintable():
        return text  # most text is, and this is much quicker to see
    return _UNSPEAKABLE.sub("", text)


def one_line(text: str, limit_characters: int = TAG_VALUE_CHARACTERS) -> str:
    """The text as one trimmed line, cut between words where it is too long."""
    line = " ".join(speakable(text).split())
    if len(line) <= limit_characters:
        return line
    kept = line[: limit_characters - len(ELLIPSIS)]
    if not line[len(kept)].isspace() and " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip() + ELLIPSIS
