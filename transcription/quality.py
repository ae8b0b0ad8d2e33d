"""How good a transcript is: word error rate, words to check first, text that nobody said.

Knows nothing of engines, except that they repeat themselves and thank nobody when they hear nothing.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcription.transcript import Segment, Word

RISKY_BELOW = 0.5
_LOOP_RATIO = 2.4
_LOOP_PASSES = 4
_LOOP_WORDS = 10
_LONGEST_PHRASE = 20

# What Whisper writes over sound without speech: the phrases of the subtitles that it learned from.
_SAID_OVER_NOTHING = frozenset(
    {
        "you",
        "thank you",
        "thank you very much",
        "thanks for watching",
        "thank you for watching",
        "bye",
        "bye bye",
        "please subscribe",
        "subtitles by the amara org community",
        "untertitel der amara org community",
        "sous titres réalisés par la communauté d amara org",
    }
)


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Errors against a reference of `words` words."""

    words: int
    substituted: int
    deleted: int
    inserted: int

    @property
    def rate(self) -> float:
        """Word error rate: 0 is perfect; over 1 when more was invented than said."""
        errors = self.substituted + self.deleted + self.inserted
        return errors / self.words if self.words else float(bool(errors))


def normalised(text: str) -> list[str]:
    """Words to compare: no case, no punctuation, one spelling of titles; numbers stay as they are written."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    plain = re.sub(r"(?<=\w)'(?=\w)", "", plain)
    words = re.sub(r"[\W_]+", " ", plain).split()
    return [_ONE_SPELLING.get(word, word) for word in words]


_ONE_SPELLING = {"mister": "mr", "missus": "mrs", "doctor": "dr", "ok": "okay"}


def word_errors(reference: str, heard: str) -> WordErrors:
    """The fewest substitutions, deletions and insertions that turn the reference into what was heard."""
    said, got = normalised(reference), normalised(heard)
    # cost, substituted, deleted, inserted of the best way to each cell of the row before
    row = [(i, 0, 0, i) for i in range(len(got) + 1)]
    for at, word in enumerate(said, start=1):
        above = row
        row = [(at, 0, at, 0)]
        for place, other in enumerate(got, start=1):
            if word == other:
                row.append(above[place - 1])
                continue
            cost, s, d, i = above[place - 1]
            replaced = (cost + 1, s + 1, d, i)
            cost, s, d, i = above[place]
            dropped = (cost + 1, s, d + 1, i)
            cost, s, d, i = row[place - 1]
            added = (cost + 1, s, d, i + 1)
            row.append(min(replaced, dropped, added))
    _, substituted, deleted, inserted = row[-1]
    return WordErrors(len(said), substituted, deleted, inserted)


def risky_words(segments: Iterable[Segment], below: float = RISKY_BELOW) -> tuple[Word, ...]:
    """The words that the engine was least sure of: those to listen to first, in their order."""
    return tuple(word for segment in segments for word in segment.words if word.probability < below)


def is_said_over_nothing(text: str) -> bool:
    """Whether this whole text is one of the phrases that Whisper writes where nobody speaks.

    People say some of them too: the caller needs another reason for doubt, such as low probability.
    """
    return " ".join(normalised(text)) in _SAID_OVER_NOTHING


def is_repetitive(text: str) -> bool:
    """Whether a text compresses so well that it must be a loop (the threshold is Whisper's own: 2.4)."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) > _LOOP_RATIO if data else False


def without_loops(words: Sequence[Word]) -> list[Word]:
    """The words, with a phrase that an engine repeats without end left standing once.

    A loop is a phrase said at least four times in a row, at least ten words in all, in a text that is
    repetitive as a whole: "no, no, no, no" stays.
    """
    if not is_repetitive("".join(word.text for word in words)):
        return list(words)
    plain = [" ".join(normalised(word.text)) for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        phrase, passes = _loop_at(plain, at)
        kept.extend(words[at : at + phrase])
        at += phrase * passes
    return kept


def _loop_at(plain: Sequence[str], at: int) -> tuple[int, int]:
    """Length of the phrase that loops from here, and how often it is said; (1, 1) where none does."""
    for phrase in range(1, min(_LONGEST_PHRASE, (len(plain) - at) // _LOOP_PASSES) + 1):
        passes = 1
        while plain[at + passes * phrase : at + (passes + 1) * phrase] == plain[at : at + phrase]:
            passes += 1
        if passes >= _LOOP_PASSES and passes * phrase >= _LOOP_WORDS:
            return phrase, passes
    return 1, 1
