"""Cut a recording at quiet moments into windows that can be transcribed apart, and join the results.

A window is the unit of work: progress, recovery after a crash and the use of many workers all come
from it. Knows nothing of engines; it sees levels going out and segments coming back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transcription.sentences import resegment
from transcription.transcript import Segment, Transcript, Word, clamped, segment_of, shifted

LONGEST_MS = 112_000
_REACH_SHARE = 14  # a cut is looked for within 8 s, a fourteenth of a window, of where it would be even
_QUIET_SPAN_MS = 400  # a pause is this long; a quiet instant inside a word is not one
_FLOOR_DBFS = -120.0
_PIECE_MS = 30_000
_SEAM_MS = 150


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording; windows join up without gap or overlap, from 0 to the end."""

    index: int
    start_ms: int
    end_ms: int


def plan_windows(
    levels_dbfs: Sequence[float], step_ms: int, duration_ms: int, longest_ms: int = LONGEST_MS
) -> tuple[Window, ...]:
    """Windows of nearly equal length, at most `longest_ms`, cut in the middle of the quietest moments.

    `levels_dbfs` holds one level for every `step_ms` from the start; where none are known, windows are
    simply equal. Equal windows keep all workers busy to the end, and none is tiny.
    """
    if step_ms <= 0 or longest_ms <= 0:
        raise ValueError("step_ms and longest_ms are more than 0")
    if duration_ms <= 0:
        return ()
    reach_ms = longest_ms // _REACH_SHARE
    count = 1 if duration_ms <= longest_ms else -(-duration_ms // (longest_ms - reach_ms))
    cuts = [0]
    for windows_left in range(count, 1, -1):
        left_ms = duration_ms - cuts[-1]
        even_ms = left_ms // windows_left
        earliest_ms = max(even_ms - reach_ms, left_ms - (windows_left - 1) * longest_ms, 1)
        latest_ms = min(even_ms + reach_ms, longest_ms)
        cut_ms = _quietest(levels_dbfs, step_ms, cuts[-1] + earliest_ms, cuts[-1] + latest_ms)
        cuts.append(cuts[-1] + even_ms if cut_ms is None else cut_ms)
    ends = [*cuts[1:], duration_ms]
    return tuple(Window(index, start, end) for index, (start, end) in enumerate(zip(cuts, ends, strict=True)))


def language_places(duration_ms: int) -> tuple[tuple[int, int], ...]:
    """Three stretches of at most 30 s, from a quarter, half and three quarters of the way in.

    A jingle or a guest's first words do not decide alone. A short recording is one place.
    """
    if duration_ms <= 3 * _PIECE_MS:
        return ((0, min(duration_ms, _PIECE_MS)),) if duration_ms > 0 else ()
    starts = [duration_ms * quarter // 4 - _PIECE_MS // 2 for quarter in (1, 2, 3)]
    return tuple((max(0, start), max(0, start) + _PIECE_MS) for start in starts)


def join(
    windows: Sequence[Window], results: Sequence[Sequence[Segment]], duration_ms: int, language: str
) -> Transcript:
    """One transcript of sentences from the segments of every window.

    Their times count from the start of their window, and are pulled into it; a word that both sides of a
    seam heard is kept once.
    """
    joined: list[Segment] = []
    for window, segments in zip(windows, results, strict=True):
        end_ms = min(window.end_ms, duration_ms)
        inside = [clamped(shifted(segment, window.start_ms), window.start_ms, end_ms) for segment in segments]
        inside.sort(key=lambda segment: segment.start_ms)
        joined.extend(_without_repeated_seam(joined[-1] if joined else None, inside, window.start_ms))
    joined.sort(key=lambda segment: segment.start_ms)
    return resegment(Transcript(language, duration_ms, tuple(joined)))


def _quietest(levels_dbfs: Sequence[float], step_ms: int, earliest_ms: int, latest_ms: int) -> int | None:
    """The middle of the quietest pause in a range; None where no levels are known."""
    span = max(1, _QUIET_SPAN_MS // step_ms)
    best: tuple[float, int] | None = None
    for start in range(earliest_ms // step_ms, latest_ms // step_ms + 1):
        levels = levels_dbfs[start : start + span]
        middle_ms = start * step_ms + span * step_ms // 2
        if len(levels) < span or not earliest_ms <= middle_ms <= latest_ms:
            continue
        level = (sum(max(_FLOOR_DBFS, level) for level in levels), middle_ms)
        best = level if best is None else min(best, level)
    return None if best is None else best[1]


def _without_repeated_seam(before: Segment | None, inside: list[Segment], seam_ms: int) -> list[Segment]:
    """The segments of a window, without a first word that was cut in half and heard on both sides."""
    if before is None or not inside or not before.words or not inside[0].words:
        return inside
    last, (first, *rest) = before.words[-1], inside[0].words
    touches = last.end_ms >= seam_ms - _SEAM_MS and first.start_ms <= seam_ms + _SEAM_MS
    if not touches or not _same_word(last, first):
        return inside
    return [segment_of(tuple(rest), inside[0].speaker), *inside[1:]] if rest else inside[1:]


def _same_word(left: Word, right: Word) -> bool:
    return left.text.strip(" .,!?").casefold() == right.text.strip(" .,!?").casefold() != ""
