"""A text as search reads it: its words in order, where they stand, and the other ways to read it.

"follow-up" is two words to one person and one to the next, "infirmière" is typed with and without its
accent. So a text has a first reading (hyphens part words, stems know accents) and, where they differ,
further ones: compounds joined, and stems of the unaccented words. Whoever looks for a row of words
finds it when it stands in any reading. Must not know queries or the database.
"""

import re
import sys
import unicodedata
from dataclasses import dataclass

from app.search.folding import APOSTROPHES, base_language, folded, lettered, stem

#: Raised whenever the same text would give other stems, so that an index knows that it is old.
RULES = 1


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its stem, itself (folded), and its place in characters."""

    stem: str
    word: str
    start: int
    end: int


Reading = tuple[Token, ...]


def readings(text: str, language: str) -> tuple[Reading, ...]:
    """The first reading and those that differ from it; at least one, perhaps empty."""
    language = base_language(language)
    spans = _spans(text, language)
    joined = _join_compounds(text, spans)
    found: dict[tuple[str, ...], Reading] = {}
    for places in (spans, joined) if joined is not None else (spans,):
        for accents in (True, False):
            reading = _read(text, places, language, accents=accents)
            found.setdefault(tuple(token.stem for token in reading), reading)
    return tuple(found.values())


def words(text: str) -> tuple[tuple[int, int], ...]:
    """Where the words of the text stand, whatever its language."""
    return tuple(span[:2] for span in _spans(text, ""))


#: Where each word begins and ends, and its letters.
_Span = tuple[int, int, str]


def _read(text: str, spans: list[_Span], language: str, *, accents: bool) -> Reading:
    tokens = []
    for start, end, word in spans:
        plain = folded(word)
        tokens.append(Token(stem(word if accents else plain, language), plain, start, end))
    return tuple(tokens)


def _spans(text: str, language: str) -> list[_Span]:
    pattern = _ELIDING_WORD if language in _ELIDING_LANGUAGES else _WORD
    found = ((match.start(), match.end(), lettered(match[0])) for match in pattern.finditer(text))
    return [span for span in found if span[2]]


def _join_compounds(text: str, spans: list[_Span]) -> list[_Span] | None:
    """The spans with "follow-up", "1,000" and "N.H.S." as one word each; None where there is no such."""
    joined: list[_Span] = []
    pieces: list[str] = []
    for start, end, word in spans:
        if joined and _is_joint(text[joined[-1][1] : start], pieces, text[start:end]):
            pieces.append(text[start:end])
            joined[-1] = (joined[-1][0], end, lettered("".join(pieces)))
        else:
            pieces = [text[start:end]]
            joined.append((start, end, word))
    return joined if len(joined) < len(spans) else None


def _is_joint(between: str, before: list[str], after: str) -> bool:
    if len(between) != 1:
        return False
    if between in _HYPHENS:
        return True
    if between in ".&":
        return len(after) == 1 and len(before[-1]) == 1
    return between == "," and (before[-1] + after).isdecimal() and len(after) == 3 >= len(before[-1])


def _character_class(characters: str) -> str:
    return "".join(re.escape(character) for character in characters)


def _class_of_marks() -> str:
    """Combining marks, joiners and halfwidth voicing marks, as the inside of a character class."""
    ranges: list[list[int]] = []
    for code in [*range(0x300, 0x20000), *range(0xE0100, min(0xE01F0, sys.maxunicode))]:
        if unicodedata.category(chr(code))[0] != "M" and code not in (0x200C, 0x200D):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "\\xad\uff9e\uff9f" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


#: Scripts written without spaces: each character counts as a word, a row of them as a phrase.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_HYPHENS = "-\u2010\u2011\u2043\ufe63\uff0d"
_MARKS = _class_of_marks()
_LETTER = rf"[^\W_{_UNSPACED}]"
_PART = rf"{_LETTER}(?:{_LETTER}|[{_MARKS}])*"
_ALONE = rf"(?![\W_])[{_UNSPACED}][{_MARKS}]*"
_WORD = re.compile(rf"{_ALONE}|{_PART}(?:[{_character_class(APOSTROPHES)}]{_PART})*")
_ELIDING_WORD = re.compile(rf"{_ALONE}|{_PART}")

#: In these the apostrophe ends a word: "l'hôpital" is found by "hôpital".
_ELIDING_LANGUAGES = frozenset({"ca", "fr", "it"})
