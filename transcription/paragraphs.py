"""Sentences -> paragraphs for a page: short enough to find one's place, never across a change of speaker.

Knows nothing of HTML.
"""

from collections.abc import Iterable, Iterator

from transcription.transcript import Segment

PAUSE_MS = 1_800
LONGEST_MS = 75_000
MOST_SENTENCES = 6
FEWEST_SENTENCES = 2

Paragraph = tuple[Segment, ...]


def paragraphs(segments: Iterable[Segment]) -> tuple[Paragraph, ...]:
    """Paragraphs of at most six sentences or about 75 seconds; they join up to the segments given."""
    return tuple(_grouped(segments))


def _grouped(segments: Iterable[Segment]) -> Iterator[Paragraph]:
    group: list[Segment] = []
    for segment in segments:
        if group and _begins_anew(group, segment):
            yield tuple(group)
            group = []
        group.append(segment)
    if group:
        yield tuple(group)


def _begins_anew(group: list[Segment], segment: Segment) -> bool:
    if segment.speaker != group[-1].speaker:
        return True
    if len(group) >= MOST_SENTENCES or segment.end_ms - group[0].start_ms > LONGEST_MS:
        return True
    return len(group) >= FEWEST_SENTENCES and segment.start_ms - group[-1].end_ms >= PAUSE_MS
