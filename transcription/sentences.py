"""Cut decoded segments into sentences, and keep the timings of a sentence that a person corrects.

Sentences are what the service stores, searches, shows and lets people correct: after `resegment`
every Segment of a transcript is one. Knows nothing of cues, pages or search.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from transcription.spacing import UNSPACED_LETTERS, opening
from transcription.transcript import Segment, Transcript, Word, segment_of, spelled

LONG_PAUSE_MS = 2_000
MOST_WORDS = 40

# No word of ordinary speech with this ending closes a sentence; "no" is missing since "No." is one.
_ABBREVIATIONS = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "rev",
        "hon",
        "sr",
        "jr",
        "lt",
        "col",
        "gen",
        "sgt",
        "capt",
        "gov",
    }
    | {"sen", "rep", "vs", "e.g", "i.e", "cf", "approx", "fig", "vol", "ca", "dept", "mme", "mlle", "sra"}
    | {"bzw", "z.b", "d.h", "u.a"}
)
_CLOSERS = "\"'”’»)]}』」"
_ENDS = re.compile(r"[.!?…。！？]$")
_TOKENS = re.compile(rf"\s*(?:[{UNSPACED_LETTERS}]|[^\s{UNSPACED_LETTERS}]+)")


def resegment(transcript: Transcript) -> Transcript:
    """The same words, in segments that are sentences. A change of speaker always ends a sentence."""
    in_order = sorted(sentences(transcript.segments), key=lambda sentence: sentence.start_ms)
    return replace(transcript, segments=tuple(in_order))


def sentences(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Sentences out of decoded segments; one may run across several of them."""
    speaker: str | None = None
    run: list[Word] = []
    for segment in segments:
        words = [word for word in timed_words(segment) if word.text.strip()]
        if not words:
            continue
        if run and (segment.speaker != speaker or segment.start_ms < run[-1].start_ms):
            yield from _cut(run, speaker)
            run = []
        speaker = segment.speaker
        run.extend(words)
    if run:
        yield from _cut(run, speaker)


def timed_words(segment: Segment) -> tuple[Word, ...]:
    """The words of a segment, made from its text where its own words do not spell it."""
    text = " ".join(segment.text.split())
    if segment.words and spelled(segment.words) == text:
        return segment.words
    return with_text(segment, text).words


def with_text(segment: Segment, text: str) -> Segment:
    """The segment as a person corrected it; a word that a person typed has probability 1.

    The span stays, unchanged words keep their times, the others share what is left.
    """
    typed = _TOKENS.findall(opening(text.strip(), segment) + " ".join(text.split()))
    kept = _unchanged(segment.words, typed)
    words: list[Word] = []
    at = 0
    while at < len(typed):
        if (old := kept.get(at)) is not None:
            words.append(replace(old, text=typed[at]))
            at += 1
            continue
        until = at
        while until < len(typed) and until not in kept:
            until += 1
        end_ms = kept[until].start_ms if until < len(typed) else segment.end_ms
        start_ms = min(words[-1].end_ms, end_ms) if words else segment.start_ms
        words.extend(_spread(typed[at:until], start_ms, end_ms))
        at = until
    return replace(segment, text="".join(typed).strip(), words=tuple(words))


def _unchanged(old: tuple[Word, ...], typed: list[str]) -> dict[int, Word]:
    matcher = SequenceMatcher(
        None, [_plain(word.text) for word in old], [_plain(text) for text in typed], False
    )
    return {
        block.b + step: old[block.a + step]
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum()) or text.strip()


def _spread(texts: list[str], start_ms: int, end_ms: int) -> Iterator[Word]:
    """Words over a span of time, each by its length in characters."""
    lengths = [len(text.strip()) + 1 for text in texts]
    total, before = sum(lengths), 0
    for text, length in zip(texts, lengths, strict=True):
        begins = start_ms + (end_ms - start_ms) * before // total
        before += length
        yield Word(begins, start_ms + (end_ms - start_ms) * before // total, text, 1.0)


def _cut(run: list[Word], speaker: str | None) -> Iterator[Segment]:
    sentence: list[Word] = []
    for index, word in enumerate(run):
        sentence.append(word)
        following = run[index + 1] if index + 1 < len(run) else None
        if len(sentence) > MOST_WORDS:
            at = _best_cut(sentence)
            yield segment_of(tuple(sentence[:at]), speaker)
            sentence = sentence[at:]
        if following is None or _ends_sentence(word, following):
            yield segment_of(tuple(sentence), speaker)
            sentence = []


def _ends_sentence(word: Word, following: Word) -> bool:
    if following.start_ms - word.end_ms >= LONG_PAUSE_MS:
        return True
    text = word.text.strip().rstrip(_CLOSERS)
    if not _ENDS.search(text):
        return False
    if not text.endswith("."):
        return True
    bare = text.rstrip(".").lstrip("\"'“‘«([{").casefold()
    after = following.text.strip().lstrip("\"'“‘«([{")
    starts_anew = not after[:1].islower()
    return starts_anew and not _is_abbreviation(bare, after) and following.text[:1].isspace()


def _is_abbreviation(bare: str, after: str) -> bool:
    """Dr. Smith, J. Smith, No. 5, e.g. this; but "So did I." and "at 5 p.m. She" end."""
    initial = len(bare) == 1 and bare.isalpha() and bare != "i"
    return bare in _ABBREVIATIONS or initial or (bare in {"no", "nr", "p", "pp"} and after[:1].isdigit())


def _best_cut(sentence: list[Word]) -> int:
    """Where to end a sentence without an end: its second half's longest pause; a comma counts as 0.5 s."""

    def strength(at: int) -> int:
        comma = 500 if sentence[at - 1].text.rstrip()[-1:] in ",;:–—、，；" else 0
        return sentence[at].start_ms - sentence[at - 1].end_ms + comma

    return max(range(len(sentence) // 2, len(sentence)), key=strength)
