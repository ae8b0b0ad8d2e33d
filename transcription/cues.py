"""Sentences -> cues: what a caption shows at one moment.

A cue is at most two lines of about 42 characters, never a line over 65 (Apple's limit for podcast
transcripts), one speaker, no overlap with the next, cut where a phrase ends. Knows no file format.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from transcription.graphemes import cut, goes_on
from transcription.inert import inert
from transcription.sentences import timed_words
from transcription.spacing import opening, stands_for_space, unbroken
from transcription.transcript import Segment, Word

LINE_CHARACTERS = 42
LONGEST_LINE_CHARACTERS = 65
MOST_LINES = 2
SHORTEST_MS = 1_000
LONGEST_MS = 7_000
READING_CHARACTERS_PER_S = 20
PAUSE_MS = 700

_PHRASE_ENDS = ",;:–—、，；.!?…。！？"


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: one or two lines by one speaker. It always ends after it starts."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None = None

    @property
    def text(self) -> str:
        """The lines as one."""
        return unbroken(self.lines)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Words of one speaker that make one cue, each with the space before it."""

    words: tuple[Word, ...]
    speaker: str | None

    @property
    def start_ms(self) -> int:
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        return max(word.end_ms for word in self.words)


def cues(segments: Iterable[Segment], duration_ms: int) -> tuple[Cue, ...]:
    """Cues of all segments, in order, none running into the next or past the end of the recording."""
    spoken = [part for segment in segments for part in _spoken(segment)]
    spoken.sort(key=lambda part: part.start_ms)
    made = [
        Cue(part.start_ms, part.end_ms, _lines(part.words), part.speaker)
        for part in _with_short_ones_joined(spoken)
    ]
    return tuple(_timed_for_reading(made, duration_ms))


def _spoken(segment: Segment) -> Iterator[_Spoken]:
    words = [piece for word in _whole(timed_words(segment)) for piece in _pieces(word)]
    if words:
        first = words[0].text.strip()
        words[0] = replace(words[0], text=opening(first, segment) + first)
    speaker = inert(segment.speaker or "") or None
    for part in _parts(words):
        yield _Spoken(tuple(part), speaker)


def _whole(words: Sequence[Word]) -> list[Word]:
    """The words, those put together again that were parted inside what a reader takes for one character."""
    whole: list[Word] = []
    for word in words:
        if whole and goes_on(whole[-1].text, word.text):
            end_ms = max(whole[-1].end_ms, word.end_ms)
            whole[-1] = replace(whole[-1], end_ms=end_ms, text=whole[-1].text + word.text)
        else:
            whole.append(word)
    return whole


def _pieces(word: Word) -> Iterator[Word]:
    """The word made inert; in pieces when it is longer than a line may be."""
    text = inert(word.text)
    space = " " if word.text[:1].isspace() else ""
    if len(text) <= LONGEST_LINE_CHARACTERS:
        if text:
            yield replace(word, text=space + text)
        return
    begin = 0
    while begin < len(text):
        end = begin + cut(text[begin:], LINE_CHARACTERS)
        begins, ends = (
            word.start_ms + (word.end_ms - word.start_ms) * at // len(text) for at in (begin, end)
        )
        if piece := text[begin:end].strip():
            yield replace(word, start_ms=begins, end_ms=ends, text=(space if begin == 0 else "") + piece)
        begin = end


def _parts(words: Sequence[Word]) -> list[Sequence[Word]]:
    """The words cut into cues at the least cost: few cues, cut where a phrase or a breath ends."""
    cheapest: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            part = words[start:end]
            if start < end - 1 and not _fits(part):
                break
            choices.append((cheapest[start][0] + _cost(words, start, end), start))
        cheapest.append(min(choices))
    parts: list[Sequence[Word]] = []
    end = len(words)
    while end > 0:
        start = cheapest[end][1]
        parts.append(words[start:end])
        end = start
    return parts[::-1]


def _fits(part: Sequence[Word]) -> bool:
    return (
        part[-1].end_ms - part[0].start_ms <= LONGEST_MS
        and len(_wrapped(part, LINE_CHARACTERS)) <= MOST_LINES
    )


def _cost(words: Sequence[Word], start: int, end: int) -> float:
    """Ten for every cue, up to twelve for a cut inside a phrase, up to eight for a nearly empty cue."""
    characters = sum(len(word.text) for word in words[start:end])
    cost = 10 + 8 * max(0.0, 1 - characters / LINE_CHARACTERS)
    if end == len(words):
        return cost
    pause_ms = words[end].start_ms - words[end - 1].end_ms
    if words[end - 1].text[-1:] in _PHRASE_ENDS or pause_ms >= PAUSE_MS:
        return cost
    return cost + 12 - 8 * min(1.0, max(0, pause_ms) / PAUSE_MS)


def _wrapped(part: Sequence[Word], width: int) -> list[str]:
    """Lines of the words. A space that the break does not stand for stays at the end of its line."""
    lines: list[str] = []
    for word in part:
        text = word.text.strip()
        if lines and len(lines[-1]) + len(word.text) <= width:
            lines[-1] += word.text
            continue
        if lines and word.text[:1].isspace() and not stands_for_space(lines[-1], text):
            lines[-1] += " " if len(lines[-1]) < LONGEST_LINE_CHARACTERS else ""
        lines.append(text)
    return lines


def _lines(part: Sequence[Word]) -> tuple[str, ...]:
    """One line where it fits, else two of nearly equal length."""
    lines = _wrapped(part, LINE_CHARACTERS)
    if len(lines) == 1:
        return tuple(lines)
    total = sum(len(word.text) for word in part)
    for width in range(total // 2, LINE_CHARACTERS):
        if len(even := _wrapped(part, width)) <= len(lines):
            return tuple(even)
    return tuple(lines)


def _with_short_ones_joined(spoken: list[_Spoken]) -> list[_Spoken]:
    """What is too short to be read, such as "Yes.", joins what is before or after it if there is room."""
    joined: list[_Spoken] = []
    for part in spoken:
        before = joined[-1] if joined else None
        if before is not None and _too_short(before, part) and _can_join(before, part):
            joined[-1] = replace(before, words=before.words + part.words)
        else:
            joined.append(part)
    return joined


def _too_short(before: _Spoken, part: _Spoken) -> bool:
    return part.start_ms - before.start_ms < SHORTEST_MS or part.end_ms - part.start_ms < SHORTEST_MS


def _can_join(before: _Spoken, part: _Spoken) -> bool:
    return (
        before.speaker == part.speaker
        and part.start_ms - before.end_ms < PAUSE_MS
        and part.end_ms - before.start_ms <= LONGEST_MS
        and len(_wrapped(before.words + part.words, LINE_CHARACTERS)) <= MOST_LINES
    )


def _timed_for_reading(made: list[Cue], duration_ms: int) -> Iterator[Cue]:
    """Each cue stays as long as it takes to read, up to the next; no two share a moment."""
    timed = _before_the_end(_apart(made), duration_ms) if duration_ms > 0 else _apart(made)
    for cue, following in pairwise([*timed, None]):
        if cue is None:
            continue
        reading_ms = max(SHORTEST_MS, len(cue.text) * 1000 // READING_CHARACTERS_PER_S)
        limit_ms = following.start_ms if following else max(duration_ms, cue.start_ms + 1)
        wanted_ms = max(cue.end_ms, cue.start_ms + reading_ms)
        yield replace(cue, end_ms=max(cue.start_ms + 1, min(wanted_ms, limit_ms)))


def _apart(made: list[Cue]) -> list[Cue]:
    """Cues whose starts ascend strictly, so that each can end before the next starts."""
    apart: list[Cue] = []
    for cue in made:
        earliest_ms = apart[-1].start_ms + 1 if apart else 0
        apart.append(replace(cue, start_ms=max(cue.start_ms, earliest_ms)))
    return apart


def _before_the_end(made: list[Cue], duration_ms: int) -> list[Cue]:
    """Cues that would begin when the sound is over share the time before it with the cue that they follow."""
    made = _as_many_as_fit(made, duration_ms)
    late = next((at for at, cue in enumerate(made) if cue.start_ms >= duration_ms), len(made))
    if late == len(made):
        return made
    first = max(late - 1, 0)
    while first > 0 and duration_ms - made[first].start_ms < len(made) - first:
        first -= 1
    sharing = len(made) - first
    stays = duration_ms - made[first].start_ms >= sharing
    begin_ms = max(made[first].start_ms if stays else 0, duration_ms - sharing * SHORTEST_MS)
    moved = [
        replace(cue, start_ms=begin_ms + (duration_ms - begin_ms) * at // sharing)
        for at, cue in enumerate(made[first:])
    ]
    return [*made[: first + 1], *moved[1:]] if stays else [*made[:first], *moved]


def _as_many_as_fit(made: list[Cue], duration_ms: int) -> list[Cue]:
    """At most one cue for each millisecond, the last with all words that are left: none is lost."""
    if len(made) <= duration_ms:
        return made
    rest = made[duration_ms - 1 :]
    lines = tuple(line for cue in rest for line in cue.lines)
    speaker = rest[0].speaker if len({cue.speaker for cue in rest}) == 1 else None
    return [*made[: duration_ms - 1], replace(rest[0], lines=lines, speaker=speaker)]
