"""The picture of a recording and its levels, read in slices from the speech file that we made ourselves.

Never the whole file in memory: six hours are 700 MB. This file must not know the source.
"""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPEECH_RATE_HZ = 16_000
LEVEL_MS = 100
QUIETEST_DBFS = -100.0
_FINE_MS = 10
_SLICE_MS = 60_000
_FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Picture:
    """`heights`: 0 to 100, the loudest is 100; `levels_dbfs`: RMS of each 100 ms, not below -100."""

    heights: tuple[int, ...]
    levels_dbfs: tuple[float, ...]


def draw(speech_path: Path, *, points: int = 800) -> Picture:
    """The picture of a 16 kHz mono 16-bit file; a point is never shorter than 10 ms."""
    peaks, levels = [], []
    with wave.open(str(speech_path), "rb") as speech:
        while frames := speech.readframes(SPEECH_RATE_HZ * _SLICE_MS // 1000):
            samples = np.frombuffer(frames, dtype="<i2").astype(np.float32) / _FULL_SCALE
            peaks.append(np.max(np.abs(_rows(samples, _FINE_MS)), axis=1))
            levels.append(np.sqrt(np.mean(np.square(_rows(samples, LEVEL_MS)), axis=1)))
    if not peaks:
        return Picture((), ())
    levels_dbfs = 20 * np.log10(np.maximum(np.concatenate(levels), 10 ** (QUIETEST_DBFS / 20)))
    return Picture(_heights(np.concatenate(peaks), points), tuple(np.round(levels_dbfs, 1).tolist()))


def _rows(
    samples: "np.ndarray[tuple[int], np.dtype[np.float32]]", row_ms: int
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """One row per `row_ms`; the last one is filled up with silence."""
    length = SPEECH_RATE_HZ * row_ms // 1000
    return np.pad(samples, (0, -len(samples) % length)).reshape(-1, length)


def _heights(peaks: "np.ndarray[tuple[int], np.dtype[np.float32]]", points: int) -> tuple[int, ...]:
    starts = np.unique(np.linspace(0, len(peaks), min(points, len(peaks)), endpoint=False).astype(int))
    highest = np.maximum.reduceat(peaks, starts)
    loudest = float(highest.max())
    if loudest == 0:
        return (0,) * len(highest)
    return tuple(np.round(highest * (100 / loudest)).astype(int).tolist())
