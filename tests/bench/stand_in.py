"""A worker as the service has it, whose windows take a known time and no processor.

`python -m tests.bench.stand_in JOURNAL SECONDS`: it hears sixteen words that follow from the sound alone, and
writes into JOURNAL when it began and ended with each window. With 0 seconds it hears by the real engine,
which has loaded its weights before.
"""

import argparse
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.backends import open_backends
from app.pipeline import worker
from app.settings import read_settings
from tests.fakes import SaidAloud
from transcription.speech_file import RATE_HZ, Samples
from transcription.transcriber import Transcriber
from transcription.transcript import Segment

_WORDS = "ward round nurse falls sleep carer bedside night story team patient home walk tea day"


@dataclass(frozen=True)
class Heard:
    """When a window was begun and ended, by a clock that all processes of a machine share, and by whom."""

    began_s: float
    ended_s: float
    pid: int


def read_journal(path: Path) -> list[Heard]:
    """What has been heard so far, in the order of its ends."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [Heard(float(began), float(ended), int(pid)) for began, ended, pid in map(str.split, lines)]


@dataclass(frozen=True)
class MadeWords:
    """Hears words that another sound would not give."""

    seconds: float
    name: str = "Stand-in words"

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """English, whatever it is."""
        return "en", 0.99

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """Sixteen words, as far as the sound lasts, after a sleep."""
        time.sleep(self.seconds)
        digest = hashlib.sha256(samples[::100].tobytes()).digest()[:16]
        words = _WORDS.split()
        text = " ".join(words[byte % len(words)] for byte in digest)
        return SaidAloud(f"{text.capitalize()}.").transcribe(samples, language=language)


@dataclass(frozen=True)
class Journaled:
    """An engine that writes down when it heard."""

    real: Transcriber
    journal: Path

    @property
    def name(self) -> str:
        """The real one's."""
        return self.real.name

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """As the real one."""
        return self.real.detect_language(pieces)

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """As the real one."""
        began_s = time.monotonic()
        heard = self.real.transcribe(samples, language=language, accurate=accurate)
        with self.journal.open("a") as file:  # one short line: written at once or not at all
            file.write(f"{began_s} {time.monotonic()} {os.getpid()}\n")
        return heard


def main() -> None:
    """Work until asked to go."""
    parser = argparse.ArgumentParser()
    parser.add_argument("journal", type=Path)
    parser.add_argument("seconds", type=float)
    asked = parser.parse_args()
    backends = open_backends(read_settings())
    real: Transcriber = MadeWords(asked.seconds)
    if not asked.seconds:
        real = backends.engine()
        real.transcribe(np.zeros(RATE_HZ, dtype=np.float32), language="en")
    engine = Journaled(real, asked.journal)
    worker.leave(worker.run(replace(backends, engine=lambda: engine)))


if __name__ == "__main__":
    main()
