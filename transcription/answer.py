"""What a server answers to `/v1/audio/transcriptions`, read as if it were hostile, as timed words.

The protocol leaves much open: words may be missing, without punctuation, inside or beside the segments; a
language is a code or a name. Times may be anything. What comes out lies in the clip, in order, and is text
that can do no harm; what cannot be understood is refused. Nothing of the answer goes into an error's words.
"""

import json
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from transcription.errors import EngineError
from transcription.hearing import UNSPACED, Timed
from transcription.inert import inert
from transcription.languages import language_code
from transcription.speech_file import RATE_HZ

#: Nobody says more characters in a second; whoever answers more has not heard them.
_CHARACTERS_A_SECOND = 60
_SPARE_CHARACTERS = 500
#: Where a server does not say how sure it is: not sure, and nothing to look at first either.
_UNSAID = 0.9


@dataclass(frozen=True, slots=True)
class Answer:
    """A language code ("" where none is said); of each segment the words, and how likely nobody spoke."""

    language: str
    parts: list[tuple[list[Timed], float]]


@dataclass(slots=True)
class _Stretch:
    """A segment of the answer: its span in samples, its text, and the words that are timed in it."""

    start: int
    end: int
    text: str
    probability: float
    no_speech: float = 0.0
    words: list[Timed] = field(default_factory=list)


def read_answer(body: bytes, length: int, language: str = "") -> Answer:
    """The answer about a clip of `length` samples. Raises EngineError for what is no such answer."""
    try:
        found = json.loads(body, parse_constant=_refuse)
        if not isinstance(found, dict) or not isinstance(found.get("text"), str):
            raise ValueError("no text")
        stretches = list(_stretches(found, length))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise EngineError(f"{_NOT_UNDERSTOOD} ({type(error).__name__}).") from None
    characters = sum(len(stretch.text) for stretch in stretches)
    if characters > _SPARE_CHARACTERS + _CHARACTERS_A_SECOND * length / RATE_HZ:
        raise EngineError("The transcription server answered more text than anybody can say in that time.")
    said = language_code(found.get("language"))
    unspaced = (language or said) in UNSPACED
    return Answer(said, [(_words(stretch, unspaced), stretch.no_speech) for stretch in stretches])


_NOT_UNDERSTOOD = "The transcription server's answer is not the verbose_json that was asked for"


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no time")


def _stretches(found: dict[str, Any], length: int) -> Iterator[_Stretch]:
    """The segments in order, each with its timed words; one for everything where the answer has none."""
    listed = _listed(found, "segments")
    if not listed:
        text = inert(found["text"])
        stretches = [_Stretch(0, length, text, _UNSAID)] if text else []
    else:
        stretches = [_stretch(item, length) for item in listed]
        stretches = sorted((each for each in stretches if each.text), key=lambda each: each.start)
    beside = [_word(item, length, _UNSAID) for item in _listed(found, "words")]
    for number, stretch in enumerate(stretches):
        if beside and not stretch.words:
            later = stretches[number + 1].start if number + 1 < len(stretches) else length + 1
            first = 0 if number == 0 else stretch.start
            middle = [(word[0] + word[1]) // 2 for word in beside]
            stretch.words = [w for w, m in zip(beside, middle, strict=True) if first <= m < later]
        yield stretch


def _stretch(item: Any, length: int) -> _Stretch:
    start = _place(item["start"], length)
    end = max(start, _place(item["end"], length))
    sure = item.get("avg_logprob")
    probability = _UNSAID if sure is None else math.exp(min(0.0, _finite(sure)))
    no_speech = item.get("no_speech_prob")
    if not isinstance(item["text"], str):
        raise TypeError("no text")
    return _Stretch(
        start,
        end,
        inert(item["text"]),
        probability,
        0.0 if no_speech is None else _finite(no_speech),
        [_word(word, length, probability) for word in _listed(item, "words")],
    )


def _word(item: Any, length: int, probability: float) -> Timed:
    if not isinstance(item["word"], str):
        raise TypeError("no word")
    start = _place(item["start"], length)
    sure = item.get("probability")
    end = max(start, _place(item["end"], length))
    return start, end, inert(item["word"]), probability if sure is None else _finite(sure)


def _listed(item: dict[str, Any], name: str) -> list[Any]:
    found = item.get(name)
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{name} is no list")
    return found or []


def _place(seconds: Any, length: int) -> int:
    """A time as a place in the clip, whatever it was."""
    return round(min(max(_finite(seconds), 0.0), length / RATE_HZ) * RATE_HZ)


def _finite(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError("not a number")
    return float(number)


def _words(stretch: _Stretch, unspaced: bool) -> list[Timed]:
    """The segment's text as words: timed by the server's where they spell the same, otherwise spread evenly.

    The text counts, since many servers leave the punctuation out of their words.
    """
    if unspaced:
        pieces = list(stretch.text.replace(" ", ""))
    else:
        pieces = [f" {piece}" for piece in stretch.text.split()]
    letters = [_letters(piece) for piece in pieces]
    said = [(letter, word) for word in stretch.words for letter in _letters(word[2])]
    if said and "".join(letters) == "".join(letter for letter, _ in said):
        return _as_timed(pieces, letters, [word for _, word in said])
    total = sum(map(len, pieces))
    timed, before = [], 0
    for piece in pieces:
        start = stretch.start + (stretch.end - stretch.start) * before // total
        before += len(piece)
        end = stretch.start + (stretch.end - stretch.start) * before // total
        timed.append((start, end, piece, stretch.probability))
    return timed


def _as_timed(pieces: Sequence[str], letters: Sequence[str], words: Sequence[Timed]) -> list[Timed]:
    """Each piece with the time of the words that its letters come from; one of no letters joins the last."""
    timed: list[Timed] = []
    at = 0
    for piece, own in zip(pieces, letters, strict=True):
        if own:
            first, last = words[at], words[at + len(own) - 1]
            timed.append((first[0], last[1], piece, min(first[3], last[3])))
            at += len(own)
        elif timed:
            start, end, text, probability = timed[-1]
            timed[-1] = (start, end, text + piece, probability)
        else:
            timed.append((words[0][0], words[0][0], piece, words[0][3]))
    return timed


def _letters(text: str) -> str:
    """What two spellings of a word have in common."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
