"""The scheme by which every engine hears a window: speech only, in clips, and nothing left unheard.

1. Silero VAD finds speech in the window; what is not speech is never decoded.
2. The speech is packed into clips, cut at pauses, and decoded; the engine says how.
3. Every stretch of speech over 0.8 s that no word covers is decoded again, by itself and with care:
   a clip that ended early loses nothing.

Knows no engine: one hands in how it decodes clips. Times here are counted in samples until they are Words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from transcription.clips import Clip, Span, pack, uncovered
from transcription.quality import is_said_over_nothing, without_loops
from transcription.speech_file import RATE_HZ, Samples
from transcription.transcript import Segment, Word, segment_of
from transcription.voice import find_speech, only_speech

UNSPACED = frozenset({"zh", "ja", "yue", "th", "lo", "my", "km", "bo"})
_UNCOVERED = 8 * RATE_HZ // 10
_LONGEST_WORD = RATE_HZ  # an alignment may stretch a last word over everything that follows it
_DOUBTFUL = 0.5
_SURE = 0.9

#: The words of each clip, decoded quickly, or with care where the flag says so.
Decode = Callable[[list[Clip], bool], list[list[Word]]]
#: Start and end in samples of its clip, text, probability.
Timed = tuple[int, int, str, float]


def hear(
    samples: Samples,
    decode: Decode,
    *,
    accurate: bool = False,
    gather: Callable[[Sequence[Span], int], list[Clip]] = pack,
) -> tuple[Segment, ...]:
    """What is said in a window: one segment, or none. `gather` makes the clips of the first decoding."""
    speech = find_speech(samples)
    if not speech:
        return ()
    heard = decode(gather(speech, len(samples)), accurate)
    missed = uncovered(speech, _covered(heard), _UNCOVERED)
    if missed:
        heard += decode([Clip((span,)) for span in missed], True)
    return _in_order(heard, len(samples) * 1000 // RATE_HZ)


def vote(pieces: Sequence[Samples], ask: Callable[[Samples], Mapping[str, float]]) -> tuple[str, float]:
    """The language with the highest mean probability; two sure and equal answers are enough.

    Pieces without speech are not asked; where no piece has any, the answer is English, with 0.
    """
    heard = [speech for piece in pieces if (speech := only_speech(piece)).size]
    scores: dict[str, float] = defaultdict(float)
    for count, sound in enumerate(heard, start=1):
        for name, score in (answer := ask(sound)).items():
            scores[name] += score
        best = max(answer, key=answer.__getitem__, default="")
        if count > 1 and best and scores[best] > _SURE * count:
            return best, min(1.0, scores[best] / count)
    if not scores:
        return "en", 0.0
    language = max(scores, key=scores.__getitem__)
    return language, min(1.0, scores[language] / len(heard))


def words_of(timed: Iterable[Timed], clip: Clip, language: str, no_speech_probability: float) -> list[Word]:
    """An engine's words of a clip as words of the window; none where they must be invented.

    Times are put in order, parts of a word put together, endless repetitions said once.
    """
    words: list[Word] = []
    for start, end, text, probability in timed:
        start_ms = max(clip.place(start) * 1000 // RATE_HZ, words[-1].end_ms if words else 0)
        end_ms = max(clip.place(end) * 1000 // RATE_HZ, start_ms)
        words.append(Word(start_ms, end_ms, text, min(1.0, max(0.0, round(probability, 3)))))
    words = without_loops(words if language in UNSPACED else _whole_words(words))
    return [] if not words or _is_invented(words, no_speech_probability) else words


def _whole_words(parts: list[Word]) -> list[Word]:
    """Words as people count them: " 3" and ".5" are one, " well" and "-known" too."""
    whole: list[Word] = []
    for part in parts:
        if whole and not part.text[:1].isspace():
            first = whole[-1]
            text, probability = first.text + part.text, min(first.probability, part.probability)
            whole[-1] = Word(first.start_ms, part.end_ms, text, probability)
        else:
            whole.append(part)
    return whole


def _is_invented(words: Sequence[Word], no_speech_probability: float) -> bool:
    sure = sum(word.probability for word in words) / len(words)
    doubtful = no_speech_probability > _DOUBTFUL or sure < _DOUBTFUL
    return doubtful and is_said_over_nothing("".join(word.text for word in words))


def _covered(heard: list[list[Word]]) -> list[Span]:
    spans = (
        (word.start_ms * RATE_HZ // 1000, word.end_ms * RATE_HZ // 1000) for words in heard for word in words
    )
    return sorted((start, min(end, start + _LONGEST_WORD)) for start, end in spans)


def _in_order(heard: list[list[Word]], duration_ms: int) -> tuple[Segment, ...]:
    """One segment of all words by time; those that were decoded again fall between those of their clip."""
    words = sorted((word for clip in heard for word in clip), key=lambda word: word.start_ms)
    if not words:
        return ()
    limits = [*(word.start_ms for word in words[1:]), max(duration_ms, words[-1].start_ms)]
    return (
        segment_of(
            tuple(
                Word(word.start_ms, min(word.end_ms, limit), word.text, word.probability)
                for word, limit in zip(words, limits, strict=True)
            )
        ),
    )
