"""Loudness, peaks and the number of samples, as ffmpeg's ebur128 and astats say them at the end.

The filters print again when the format changes inside a file; then the numbers of samples add up and the
loudest part decides, and what is made from the file is measured once more anyway.
"""

import re
from dataclasses import dataclass
from math import inf

NEAR_SILENCE_LUFS = -55.0
"""Below this there is nothing to lift: 20 dB of gain would not bring speech within 15 LU of its target."""

_METER = re.compile(r"\[Parsed_ebur128_(\d+) @")
_LOUDNESS = re.compile(r"Integrated loudness:\s+I:\s+(-?[\d.]+|-inf|nan) LUFS")
_TRUE_PEAK = re.compile(r"True peak:\s+Peak:\s+(-?[\d.]+|-inf|inf|nan) dBFS")
_SAMPLES = re.compile(r"\] Number of samples: (\d+)")
_CHANNEL = re.compile(r"\] Channel: (\d+)\n((?:.*\] (?:Peak|RMS|Number of (?:NaNs|Infs)).*\n?)*)")
_PEAK = re.compile(r"Peak level dB: (\S+)")
_RMS = re.compile(r"RMS level dB: (\S+)")
_NOT_NUMBERS = re.compile(r"Number of (?:NaNs|Infs): (\d+)")


@dataclass(frozen=True)
class Measures:
    """One run's figures. The third channel, where there is one, is left minus right."""

    samples: int
    loudness_lufs: float
    true_peak_dbtp: float
    peak_dbfs: float
    channel_rms_dbfs: tuple[float, ...]
    not_numbers: bool


def read_measures(words: str) -> Measures | None:
    """The figures in a child's last words; None where they are missing, because nothing was decoded."""
    samples = [int(count) for count in _SAMPLES.findall(words)]
    loudness = [_number(value) for value in _LOUDNESS.findall(words)]
    if not samples or not loudness:
        return None
    peaks: dict[int, float] = {}
    levels: dict[int, float] = {}
    not_numbers = False
    for channel, block in _CHANNEL.findall(words):
        index = int(channel)
        peaks[index] = max([peaks.get(index, -inf), *map(_number, _PEAK.findall(block))])
        levels[index] = max([levels.get(index, -inf), *map(_number, _RMS.findall(block))])
        not_numbers = not_numbers or any(int(count) for count in _NOT_NUMBERS.findall(block))
    return Measures(
        samples=sum(samples),
        loudness_lufs=max(loudness),
        true_peak_dbtp=max([-inf, *map(_number, _TRUE_PEAK.findall(words))]),
        peak_dbfs=max([-inf, *(level for index, level in peaks.items() if index < 3)]),
        channel_rms_dbfs=tuple(levels[index] for index in sorted(levels)),
        not_numbers=not_numbers,
    )


def read_loudness(words: str, meters: int) -> list[float]:
    """What each of several meters in one graph says, in the graph's order; -inf where one is missing."""
    heard: dict[int, float] = {}
    for part in re.split(r"(?=\[Parsed_ebur128_\d+ @)", words):
        meter, value = _METER.match(part), _LOUDNESS.search(part)
        if meter and value:
            index = int(meter[1])
            heard[index] = max(heard.get(index, -inf), _number(value[1]))
    found = [heard[index] for index in sorted(heard)]
    return (found + [-inf] * meters)[:meters]


def _number(text: str) -> float:
    return -inf if text in ("nan", "-nan") else float(text)
