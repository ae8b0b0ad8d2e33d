"""Loudness, peaks, levels and the number of samples, as ffmpeg's ebur128 and astats say them at the end.

Each meter runs behind the loopback decoder (source.py) and speaks once, whatever the source does.
"""

import re
from dataclasses import dataclass
from math import inf

NEAR_SILENCE_LUFS = -55.0
"""Below this there is nothing to lift: 20 dB of gain would not bring speech within 15 LU of its target."""

_METER = re.compile(r"^\[Parsed_ebur128_(\d+) @", re.MULTILINE)
_LOUDNESS = re.compile(r"^  Integrated loudness:\s+I:\s+(-?[\d.]+|-inf|nan) LUFS", re.MULTILINE)
_TRUE_PEAK = re.compile(r"^  True peak:\s+Peak:\s+(-?[\d.]+|-inf|inf|nan) dBFS", re.MULTILINE)
_PEAK = re.compile(r"^  Sample peak:\s+Peak:\s+(-?[\d.]+|-inf|inf|nan) dBFS", re.MULTILINE)
_SAMPLES = re.compile(r"^\[Parsed_astats_\d+ @ \S+ \[info\] Number of samples: (\d+)", re.MULTILINE)
_NOT_NUMBERS = re.compile(
    r"^\[Parsed_astats_\d+ @ \S+ \[info\] Number of (?:NaNs|Infs): ([\d.]+)", re.MULTILINE
)
_RMS = re.compile(r"^\[Parsed_astats_\d+ @ \S+ \[info\] RMS level dB: (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Measures:
    """One run's figures. The levels, if any, are of left, right, left minus right, and half their sum."""

    samples: int
    loudness_lufs: float
    true_peak_dbtp: float
    peak_dbfs: float
    channel_rms_dbfs: tuple[float, ...]
    not_numbers: bool


def read_measures(words: str) -> Measures | None:
    """The figures in a child's words; None where they are missing, because nothing was decoded."""
    samples, loudness = _SAMPLES.findall(words), _LOUDNESS.findall(words)
    if not samples or not loudness:
        return None
    return Measures(
        samples=int(samples[-1]),
        loudness_lufs=_number(loudness[-1]),
        true_peak_dbtp=max([-inf, *map(_number, _TRUE_PEAK.findall(words))]),
        peak_dbfs=max([-inf, *map(_number, _PEAK.findall(words))]),
        channel_rms_dbfs=tuple(map(_number, _RMS.findall(words))),
        not_numbers=any(float(count) for count in _NOT_NUMBERS.findall(words)),
    )


def read_loudness(words: str, meters: int) -> list[float]:
    """What each of several meters in one graph says, in the graph's order; -inf where one is missing."""
    heard: dict[int, float] = {}
    for part in re.split(r"^(?=\[Parsed_ebur128_\d+ @)", words, flags=re.MULTILINE):
        meter, value = _METER.match(part), _LOUDNESS.search(part)
        if meter and value:
            heard[int(meter[1])] = _number(value[1])
    found = [heard[index] for index in sorted(heard)]
    return (found + [-inf] * meters)[:meters]


def _number(text: str) -> float:
    return -inf if text in ("nan", "-nan") else float(text)
