"""What pages draw from data: a waveform as one SVG path, bars of days, a sign for a show without artwork.

Returns plain values for templates; a content security policy without inline styles leaves SVG
attributes and classes. Knows no page.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

BARS = 120
BAR_HEIGHT = 48
#: How many colour classes hearth.css has (sign--0 ...).
_COLOURS = 6


@dataclass(frozen=True)
class Sign:
    """Drawn in place of artwork: rings, as sound spreads, and the first letters of the title."""

    letters: str
    colour: int
    x: int
    y: int
    radii: tuple[int, ...]


@dataclass(frozen=True)
class Bars:
    """Upright bars in a box of `width` by DAYS_HEIGHT: (x, y, height) of each that is not zero."""

    width: int
    bars: tuple[tuple[int, float, float], ...]


DAY_WIDTH = 20
DAYS_HEIGHT = 120


def day_bars(counts: Sequence[int]) -> Bars:
    """A bar for each count, DAY_WIDTH apart; the largest is as high as the box, the smallest can be seen."""
    top = max(counts, default=0)
    bars = []
    for number, count in enumerate(counts):
        if count > 0:
            height = max(4.0, round(count / top * DAYS_HEIGHT, 1))
            bars.append((number * DAY_WIDTH + 3, DAYS_HEIGHT - height, height))
    return Bars(len(counts) * DAY_WIDTH, tuple(bars))


def waveform_path(peaks: Sequence[int]) -> str:
    """An SVG path of BARS upright bars in a box of BARS*4 by BAR_HEIGHT; empty without peaks.

    `peaks` are 0 to 100, any number of them; each bar is the loudest of its share.
    """
    if not peaks:
        return ""
    top = max(max(peaks), 1)
    bars = []
    for bar in range(BARS):
        first = bar * len(peaks) // BARS
        share = peaks[first : max((bar + 1) * len(peaks) // BARS, first + 1)]
        height = max(2.0, max(share) / top * BAR_HEIGHT)
        bars.append(f"M{bar * 4 + 2} {(BAR_HEIGHT - height) / 2:.1f}v{height:.1f}")
    return "".join(bars)


def sign_of(title: str) -> Sign:
    """Always the same for the same title."""
    digest = hashlib.sha256(title.encode()).digest()
    words = [word for word in title.split() if word[0].isalnum()]
    letters = "".join(word[0] for word in words if word.lower() not in _SMALL_WORDS)[:2] or title[:1]
    step = 11 + digest[3] % 6
    radii = tuple(step * ring for ring in range(1, 10))
    return Sign(letters.upper(), digest[0] % _COLOURS, 10 + digest[1] % 80, 15 + digest[2] % 70, radii)


_SMALL_WORDS = frozenset({"a", "an", "and", "for", "from", "in", "of", "on", "the", "to", "with"})
