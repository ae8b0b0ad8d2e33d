"""Pack the speech of a window into clips that fit what Whisper hears at once, and find the way back in time.

A clip is made of pieces of the window; silence between pieces is left out, since each clip costs
the same however full it is. Knows nothing of the engine; times here are counted in samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transcription.speech_file import RATE_HZ, Samples

LONGEST_CLIP = 29 * RATE_HZ  # Whisper hears 30 s; the rest is room for the alignment of the last word
# Of a longer pause only the padding is kept; measured against 1 s: fewer clips and fewer lost words.
_LONGEST_KEPT_GAP = 6 * RATE_HZ // 10
_LONGEST_NATURAL_GAP = 3 * RATE_HZ
_PADDING = RATE_HZ // 5
_CLIP_COST = 100.0
_ROUGH_CUT_COST = 60.0
_GOOD_PAUSE = RATE_HZ // 2

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clip:
    """Pieces of a window, in order, heard as if they followed each other."""

    pieces: tuple[Span, ...]

    @property
    def length(self) -> int:
        """In samples."""
        return sum(end - start for start, end in self.pieces)

    def samples(self, window: Samples) -> Samples:
        """The sound of the clip."""
        return np.concatenate([window[start:end] for start, end in self.pieces])

    def place(self, position: int) -> int:
        """Where in the window a position in the clip lies."""
        for start, end in self.pieces:
            if position <= end - start:
                return start + max(0, position)
            position -= end - start
        return self.pieces[-1][1]


def pack(speech: Sequence[Span], total: int) -> list[Clip]:
    """Clips that hold all speech of a window of `total` samples: as few as will do, cut at long pauses.

    A stretch of speech that is itself longer than a clip is halved until it fits.
    """
    spans = [piece for span in speech for piece in _halved(span)]
    cheapest: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(spans) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            if start < end - 1 and _clip(spans, start, end, total).length > LONGEST_CLIP:
                break
            pause = spans[start][0] - spans[start - 1][1] if start else _GOOD_PAUSE
            rough = 1 - min(pause, _GOOD_PAUSE) / _GOOD_PAUSE
            choices.append((cheapest[start][0] + _CLIP_COST + _ROUGH_CUT_COST * rough, start))
        cheapest.append(min(choices))
    clips: list[Clip] = []
    end = len(spans)
    while end:
        start = cheapest[end][1]
        clips.append(_clip(spans, start, end, total))
        end = start
    return clips[::-1]


def whole(speech: Sequence[Span], total: int) -> list[Clip]:
    """All speech of a window as one clip, however long: for whoever cuts by itself and goes by pauses."""
    return [_clip(speech, 0, len(speech), total, _LONGEST_NATURAL_GAP)]


def uncovered(speech: Sequence[Span], covered: Sequence[Span], shortest: int) -> list[Span]:
    """Stretches of speech, longer than `shortest`, that no covered span touches. Both lists ascend."""
    bare: list[Span] = []
    for start, end in speech:
        at = start
        for begins, ends in covered:
            if ends <= at:
                continue
            if begins >= end:
                break
            if begins - at > shortest:
                bare.append((at, begins))
            at = max(at, ends)
        if end - at > shortest:
            bare.append((at, end))
    return bare


def _halved(span: Span) -> list[Span]:
    start, end = span
    if end - start <= LONGEST_CLIP - 2 * _PADDING:
        return [span]
    middle = (start + end) // 2
    return _halved((start, middle)) + _halved((middle, end))


def _clip(
    spans: Sequence[Span], start: int, end: int, total: int, longest_gap: int = _LONGEST_KEPT_GAP
) -> Clip:
    """The clip of some spans, with a little sound around each of which no two clips have the same."""
    floor = (spans[start - 1][1] + spans[start][0]) // 2 if start else 0
    ceiling = (spans[end - 1][1] + spans[end][0]) // 2 if end < len(spans) else total
    pieces: list[Span] = []
    for begins, ends in spans[start:end]:
        begins, ends = max(floor, begins - _PADDING), min(ceiling, ends + _PADDING)
        if pieces and begins - pieces[-1][1] <= longest_gap - 2 * _PADDING:
            pieces[-1] = (pieces[-1][0], max(pieces[-1][1], ends))
        else:
            pieces.append((begins, ends))
    return Clip(tuple(pieces))
