"""The Transcriber protocol, and the table of engines that keep it.

An engine hears one window at a time and knows nothing of recordings, storage or the service.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from transcription.errors import UnknownEngineError
from transcription.speech_file import Samples
from transcription.transcript import Segment

DEFAULT_ENGINE = "faster-whisper"


class Transcriber(Protocol):
    """Hears speech. One object serves several threads at once; it loads its weights at the first call."""

    @property
    def name(self) -> str:
        """What the page says of the engine, such as "Whisper base"."""

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """The language code of a recording and how sure that is (0 to 1), from a few pieces of it."""

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """What is said in one window: 16 kHz mono, -1 to 1. Times count from the start of the window.

        Each segment has words. Silence gives none. Raises EngineError.
        """


def load_engine(engine: str, weights: Path, slots: int = 1, *, model: str = "") -> Transcriber:
    """An engine by its name in the table, with a folder of weights.

    `slots` calls can run at once, on one core each. `model` is the name that people
    read ("base"); without it, the folder's.
    """
    try:
        load = ENGINES[engine]
    except KeyError:
        known = ", ".join(sorted(ENGINES))
        raise UnknownEngineError(f"There is no speech engine {engine!r}. Known: {known}.") from None
    return load(weights, slots, model or weights.name)


def _faster_whisper(weights: Path, slots: int, model: str) -> Transcriber:
    # late: CTranslate2 and ONNX take a second to import, which the web process should not pay
    from transcription.faster_whisper import FasterWhisper

    return FasterWhisper(weights, slots=slots, model=model)


ENGINES: dict[str, Callable[[Path, int, str], Transcriber]] = {DEFAULT_ENGINE: _faster_whisper}
