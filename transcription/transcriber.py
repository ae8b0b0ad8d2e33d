"""The Transcriber protocol, and the table of engines that keep it.

An engine hears one window at a time and knows nothing of recordings, storage or the service.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from transcription.errors import UnknownEngineError
from transcription.speech_file import Samples
from transcription.transcript import Segment

DEFAULT_ENGINE = "faster-whisper"
#: The one engine that needs no weights here: somebody else's computer hears.
REMOTE_ENGINE = "remote"


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


@dataclass(frozen=True, slots=True)
class Server:
    """Where the remote engine sends speech: address, the name of a model there, a token if it wants one."""

    url: str
    model: str
    token: str = field(default="", repr=False)


def load_engine(
    engine: str, weights: Path, slots: int = 1, *, model: str = "", server: Server | None = None
) -> Transcriber:
    """An engine by its name in the table, with a folder of weights (the remote one: with a server).

    `slots` calls can run at once, on one core each. `model` is the name that people
    read ("base"); without it, the folder's.
    """
    try:
        load = ENGINES[engine]
    except KeyError:
        known = ", ".join(sorted(ENGINES))
        raise UnknownEngineError(f"There is no speech engine {engine!r}. Known: {known}.") from None
    return load(_Wanted(weights, slots, model or weights.name, server))


def why_not_here(engine: str) -> str:
    """What an engine needs that is not installed, in words for the operator; nothing where all is there."""
    missing = [name for name in _EXTRA.get(engine, ()) if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return (
        f"needs packages that are not installed ({', '.join(missing)}): "
        "pip install --no-deps --require-hashes -r requirements-openai.txt"
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    weights: Path
    slots: int
    model: str
    server: Server | None


def _faster_whisper(wanted: _Wanted) -> Transcriber:
    # late: CTranslate2 and ONNX take a second to import, which the web process should not pay
    from transcription.faster_whisper import FasterWhisper

    return FasterWhisper(wanted.weights, slots=wanted.slots, model=wanted.model)


def _openai_whisper(wanted: _Wanted) -> Transcriber:
    # late: an extra, and PyTorch takes seconds to import
    from transcription.openai_whisper import OpenAIWhisper

    return OpenAIWhisper(wanted.weights, slots=wanted.slots, model=wanted.model)


def _remote(wanted: _Wanted) -> Transcriber:
    # late: it brings the voice detector, which takes a second to import
    from transcription.remote import Remote

    if wanted.server is None:
        raise UnknownEngineError("The remote speech engine needs the address of a server.")
    return Remote(wanted.server)


ENGINES: dict[str, Callable[[_Wanted], Transcriber]] = {
    DEFAULT_ENGINE: _faster_whisper,
    "openai-whisper": _openai_whisper,
    REMOTE_ENGINE: _remote,
}
#: Modules that only an extra installs.
_EXTRA = {"openai-whisper": ("whisper", "torch", "numba", "tiktoken")}
