"""Turns as sound: one synthetic voice, and the same made lower for a second person."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hibari import SAMPLE_RATE, Hibari

Samples = npt.NDArray[np.float32]

#: The second voice: played slower by this, so lower; spoken faster before, so that the pace stays.
LOWER = 0.86
_PAUSE_S = 0.55
_SEED = 7


def speak(turns: tuple[tuple[str, str], ...], path: Path) -> None:
    """Write the turns as a mono WAV with a pause between them; the same turns always give the same file."""
    voice = Hibari()
    pause = np.zeros(int(SAMPLE_RATE * _PAUSE_S), dtype=np.float32)
    pieces: list[Samples] = [pause]
    for who, text in turns:
        spoken = np.asarray(voice(text, speed=1.0 if who == "A" else 1 / LOWER, seed=_SEED), dtype=np.float32)
        pieces += [spoken if who == "A" else _lower(spoken), pause]
    samples = np.concatenate(pieces)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def _lower(samples: Samples) -> Samples:
    """The same words at a lower pitch, by playing them slower."""
    positions = np.arange(0, len(samples) - 1, LOWER)
    lowered: Samples = np.interp(positions, np.arange(len(samples)), samples).astype(np.float32)
    return lowered
