"""Where a space belongs when text that was apart becomes one: Chinese, Japanese or Thai write none.

Knows scripts, not languages: one sentence may have several. Knows nothing of cues and formats.
"""

from collections.abc import Iterable

from transcription.inert import inert
from transcription.transcript import Segment

#: Thai, Lao, Burmese, Khmer, kana and Han: the body of a character class.
UNSPACED_LETTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"

# The same as numbers: first those that write a space between phrases, then those that write none at all,
# with their punctuation and full-width forms, compatibility and rare Han.
_SPACED_BY_PHRASE = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
_NEVER_SPACED = (
    (0x3000, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF00, 0xFF9F),
    (0x20000, 0x3FFFF),
)


def is_unspaced(character: str) -> bool:
    """Whether the character is of a script that writes no spaces between words; "" is of none."""
    return _is_in(_SPACED_BY_PHRASE, character) or _is_in(_NEVER_SPACED, character)


def opening(text: str, segment: Segment) -> str:
    """What stands before this text of the segment where another precedes it: a space or nothing."""
    first = inert(text)[:1]
    if not is_unspaced(first):
        return " "
    has_own = bool(segment.words) and segment.words[0].text[:1].isspace()
    return " " if has_own and _is_in(_SPACED_BY_PHRASE, first) else ""


def running(segments: Iterable[Segment]) -> str:
    """The text of sentences that follow one another, made inert."""
    return "".join(opening(said, one) + said for one in segments if (said := inert(one.text))).strip()


def stands_for_space(before: str, after: str) -> bool:
    """Whether a reader takes the break between two lines for a space."""
    return not (before[-1:].isspace() or is_unspaced(before[-1:]) or is_unspaced(after[:1]))


def unbroken(lines: Iterable[str]) -> str:
    """Lines as one text."""
    text = ""
    for line in lines:
        text += f" {line}" if text and stands_for_space(text, line) else line
    return text


def _is_in(spans: tuple[tuple[int, int], ...], character: str) -> bool:
    return bool(character) and any(first <= ord(character) <= last for first, last in spans)
