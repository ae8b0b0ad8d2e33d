"""The default engine: Whisper by faster-whisper on CTranslate2, on ordinary processors.

Decodes up to four clips as one batch, greedy, without Whisper's own timestamps (with them, clips lose
speech); words get their times by alignment. This was measured against the library's own ways of going
through a file. What is decoded, and what a second time, is the scheme of `transcription.hearing`.

Several threads call one object: CTranslate2 runs each call on a worker of one core.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import get_ctranslate2_storage

from transcription.clips import Clip
from transcription.errors import EngineError
from transcription.hearing import hear, vote, words_of
from transcription.speech_file import RATE_HZ, Samples
from transcription.transcript import Segment, Word

BATCH_CLIPS = 4
QUICK_BEAM = 1
CAREFUL_BEAM = 5
_FRAME = RATE_HZ // 100


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
        """The language code and how sure that is; an English-only model knows no other."""
        model = self._model()
        if not model.model.is_multilingual:
            return "en", 1.0
        return vote(pieces, lambda sound: dict(model.detect_language(sound)[2]))

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """What is said in one window; one segment, or none."""

        def decode(clips: list[Clip], careful: bool) -> list[list[Word]]:
            return _decode(self._model(), samples, language, clips, CAREFUL_BEAM if careful else QUICK_BEAM)

        return hear(samples, decode, accurate=accurate)

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


def _decode(
    model: WhisperModel, window: Samples, language: str, clips: list[Clip], beam: int
) -> list[list[Word]]:
    """The words of each clip, timed in the window; clips in which nothing was said are left out."""
    language = language if model.model.is_multilingual else "en"
    ends = np.cumsum([clip.length for clip in clips]).tolist()
    starts = [end - clip.length for clip, end in zip(clips, ends, strict=True)]
    try:
        decoded, _ = BatchedInferencePipeline(model).transcribe(
            np.concatenate([clip.samples(window) for clip in clips]),
            language=language,
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
        # the library counts in seconds of all clips in a row
        timed = [
            (
                round(word.start * RATE_HZ) - starts[number],
                round(word.end * RATE_HZ) - starts[number],
                word.word,
                float(word.probability),
            )
            for word in segment.words or ()
        ]
        if words := words_of(timed, clips[number], language, segment.no_speech_prob):
            heard.append(words)
    return heard
