"""The default engine: Whisper by faster-whisper on CTranslate2, on ordinary processors.

The scheme, which was measured against the library's own ways of going through a file:

1. Silero VAD finds speech in the window; what is not speech is never decoded, so nothing is invented there.
2. The speech is packed into clips, cut at pauses, and up to four are decoded as one batch, greedy, without
   Whisper's own timestamps (with them, clips lose speech); words get their times by alignment.
3. Every stretch of speech over 0.8 s that no word covers is decoded again, by itself, with beam search:
   a clip that ended early loses nothing.

Several threads call one object: CTranslate2 runs each call on a worker of one core.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import get_ctranslate2_storage
from faster_whisper.vad import VadOptions, get_speech_timestamps

from transcription.clips import Clip, Span, pack, uncovered
from transcription.errors import EngineError
from transcription.quality import is_said_over_nothing, without_loops
from transcription.speech_file import RATE_HZ, Samples
from transcription.transcript import Segment, Word, segment_of

BATCH_CLIPS = 4
QUICK_BEAM = 1
CAREFUL_BEAM = 5
_UNCOVERED = 8 * RATE_HZ // 10
_FRAME = RATE_HZ // 100
_LONGEST_WORD = RATE_HZ  # an alignment may stretch a last word over everything that follows it
_DOUBTFUL = 0.5
_SURE = 0.9
_MINIMUM_SPEECH = RATE_HZ // 4
_UNSPACED = frozenset({"zh", "ja", "yue", "th", "lo", "my", "km", "bo"})
_VAD = VadOptions(threshold=0.5, min_silence_duration_ms=160, max_speech_duration_s=28, speech_pad_ms=0)


class FasterWhisper:
    """Whisper with int8 weights; `slots` windows at once, one core each."""

    def __init__(
        self, weights: Path, *, slots: int = 1, model: str = "base", compute_type: str = "int8"
    ) -> None:
        self.name = f"Whisper {model}"
        self._weights = weights
        self._slots = slots
        self._compute_type = compute_type
        self._loading = threading.Lock()
        self._loaded: WhisperModel | None = None

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """The language with the highest mean probability; two sure and equal answers are enough.

        Pieces without speech are not asked; where no piece has any, the answer is English, with 0.
        """
        model = self._model()
        if not model.model.is_multilingual:
            return "en", 1.0
        heard = [speech for piece in pieces if (speech := _only_speech(piece)).size >= _MINIMUM_SPEECH]
        scores: dict[str, float] = defaultdict(float)
        for count, sound in enumerate(heard, start=1):
            language, _, probabilities = model.detect_language(sound)
            for name, score in probabilities:
                scores[name] += score
            if count > 1 and scores[language] > _SURE * count:
                return language, min(1.0, scores[language] / count)
        if not scores:
            return "en", 0.0
        language = max(scores, key=scores.__getitem__)
        return language, min(1.0, scores[language] / len(heard))

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """What is said in one window; one segment, or none."""
        speech = _speech(samples)
        if not speech:
            return ()
        decode = _Decoder(self._model(), samples, language)
        heard = decode(pack(speech, len(samples)), CAREFUL_BEAM if accurate else QUICK_BEAM)
        missed = uncovered(speech, _covered(heard), _UNCOVERED)
        if missed:
            heard += decode([Clip((span,)) for span in missed], CAREFUL_BEAM)
        return _in_order(heard, len(samples) * 1000 // RATE_HZ)

    def _model(self) -> WhisperModel:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self._weights, self._slots, self._compute_type)
            return self._loaded


class _FrugalWhisper(WhisperModel):  # type: ignore[misc]
    """Encodes the clips of a batch one after the other: as fast on one core, in less memory."""

    def encode(self, features: "np.ndarray[Any, Any]") -> Any:
        if features.ndim == 2:
            features = features[np.newaxis]
        encoded = [np.array(super(_FrugalWhisper, self).encode(clip)) for clip in features]
        return get_ctranslate2_storage(np.concatenate(encoded))


def _load(weights: Path, slots: int, compute_type: str) -> WhisperModel:
    try:
        return _FrugalWhisper(
            str(weights),
            device="cpu",
            compute_type=compute_type,
            cpu_threads=1,
            num_workers=slots,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineError(f"The speech model in {weights} cannot be loaded: {error}") from error


class _Decoder:
    """Decodes clips of one window."""

    def __init__(self, model: WhisperModel, window: Samples, language: str) -> None:
        self._model = model
        self._window = window
        self._language = language if model.model.is_multilingual else "en"

    def __call__(self, clips: list[Clip], beam: int) -> list[list[Word]]:
        """The words of each clip, timed in the window; clips in which nothing was said are left out."""
        ends = np.cumsum([clip.length for clip in clips]).tolist()
        starts = [end - clip.length for clip, end in zip(clips, ends, strict=True)]
        try:
            decoded, _ = BatchedInferencePipeline(self._model).transcribe(
                np.concatenate([clip.samples(self._window) for clip in clips]),
                language=self._language,
                beam_size=beam,
                batch_size=BATCH_CLIPS,
                without_timestamps=True,
                word_timestamps=True,
                temperature=0.0,
                vad_filter=False,
                clip_timestamps=[
                    {"start": start / RATE_HZ, "end": end / RATE_HZ}
                    for start, end in zip(starts, ends, strict=True)
                ],
            )
            segments = list(decoded)
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"The speech engine failed: {error}") from error
        heard = []
        for segment in segments:
            # `seek` is the clip's start in frames of 10 ms, rounded down; times may lie a little before it
            number = int(np.searchsorted(starts, (segment.seek + 1) * _FRAME, side="right")) - 1
            words = _words(segment.words or (), clips[number], starts[number])
            if self._language not in _UNSPACED:
                words = _whole_words(words)
            words = without_loops(words)
            if words and not _is_invented(words, segment.no_speech_prob):
                heard.append(words)
        return heard


def _speech(samples: Samples) -> list[Span]:
    if samples.size < _MINIMUM_SPEECH:
        return []
    return [(span["start"], min(span["end"], samples.size)) for span in get_speech_timestamps(samples, _VAD)]


def _only_speech(samples: Samples) -> Samples:
    speech = _speech(samples)
    return (
        np.concatenate([samples[start:end] for start, end in speech]) if speech else np.zeros(0, np.float32)
    )


def _words(words: Iterable[Any], clip: Clip, clip_start: int) -> list[Word]:
    """The library's words, which count in seconds of all clips in a row, as words of the window."""

    def place_ms(time_s: float) -> int:
        return clip.place(round(time_s * RATE_HZ) - clip_start) * 1000 // RATE_HZ

    timed: list[Word] = []
    for word in words:
        start_ms = max(place_ms(word.start), timed[-1].end_ms if timed else 0)
        end_ms = max(place_ms(word.end), start_ms)
        timed.append(Word(start_ms, end_ms, word.word, min(1.0, max(0.0, round(float(word.probability), 3)))))
    return timed


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
