"""Where text may be cut: never inside what a reader takes for one character.

After Unicode TR 29, 3.1.1 (extended grapheme clusters), from what the standard library knows of
characters. Knows nothing of lines and cues.
"""

import re
import unicodedata

_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class: joins the consonants on both sides in the scripts of India
# What belongs to the character before it without being a mark: the joiners, skin tones, tags, the Thai and
# Lao vowels that are written as letters, and the second and third parts of a Korean syllable.
_GOES_ON = re.compile(
    "[\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7ff]"
)
_LETTER_OF_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def goes_on(before: str, after: str) -> bool:
    """Whether `after` begins inside the character with which `before` ends."""
    if not before or not after:
        return False
    last, first = before[-1], after[0]
    if first.isspace():
        return False
    if unicodedata.category(first).startswith("M") or _GOES_ON.match(first) or last == _JOINER:
        return True
    if unicodedata.combining(last) == _VIRAMA:
        return first.isalpha()
    return bool(_LETTER_OF_FLAG.match(first)) and _letters_of_flags(before) % 2 == 1


def cut(text: str, limit_characters: int) -> int:
    """Where to cut the text so that at most so many are before it; inside a character only if none fits."""
    limit_characters = min(limit_characters, len(text))
    for at in range(limit_characters, 0, -1):
        if not goes_on(text[:at], text[at : at + 1]):
            return at
    return limit_characters


def shortened(text: str, limit_characters: int) -> str:
    """The text, with an ellipsis in place of what is over the limit."""
    if len(text) <= limit_characters:
        return text
    return text[: cut(text, limit_characters - 1)].rstrip() + "…"


def _letters_of_flags(text: str) -> int:
    count = 0
    while count < len(text) and _LETTER_OF_FLAG.match(text[-1 - count]):
        count += 1
    return count
