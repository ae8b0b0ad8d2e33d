"""Word, Segment, Transcript: what was said and when, in whole milliseconds.

An engine's Segment is a stretch as it was decoded; after `sentences.resegment` a Segment is a
sentence, which is what the service stores, shows and lets a person correct.
Knows nothing of engines, files or formats for the public.
"""

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from transcription.errors import TranscriptError

STORED_VERSION = 1


@dataclass(frozen=True, slots=True)
class Word:
    """A timed word, with the space that comes before it and its punctuation: " Hello,".

    The space is kept because many languages write none; joined, the words spell the text.
    `probability` is 0 to 1; a word typed by a person has 1.
    """

    start_ms: int
    end_ms: int
    text: str
    probability: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            raise TranscriptError(f"a word from {self.start_ms} to {self.end_ms} ms")
        if not 0 <= self.probability <= 1:
            raise TranscriptError(f"a word of probability {self.probability}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A timed span of text by one speaker. `words` is empty where only the span is known."""

    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            raise TranscriptError(f"a segment from {self.start_ms} to {self.end_ms} ms")
        if any(later.start_ms < earlier.start_ms for earlier, later in pairwise(self.words)):
            raise TranscriptError(f"words out of order in the segment at {self.start_ms} ms")
        if any(not self.start_ms <= word.start_ms <= word.end_ms <= self.end_ms for word in self.words):
            raise TranscriptError(f"a word outside the segment at {self.start_ms} ms")


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything said in a recording. `language` is a code such as "en"; segments ascend by start."""

    language: str
    duration_ms: int
    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        if self.duration_ms < 0:
            raise TranscriptError(f"a duration of {self.duration_ms} ms")
        if any(later.start_ms < earlier.start_ms for earlier, later in pairwise(self.segments)):
            raise TranscriptError("segments out of order")
        if any(segment.end_ms > self.duration_ms for segment in self.segments):
            raise TranscriptError(f"a segment ends after the recording, which lasts {self.duration_ms} ms")


def segment_of(words: tuple[Word, ...], speaker: str | None = None) -> Segment:
    """The segment that these words make. There must be at least one."""
    if not words:
        raise TranscriptError("a segment of no words has no time")
    end_ms = max(word.end_ms for word in words)
    return Segment(words[0].start_ms, end_ms, spelled(words), words, speaker)


def spelled(words: tuple[Word, ...]) -> str:
    """The text that the words spell together."""
    return "".join(word.text for word in words).strip()


def shifted(segment: Segment, offset_ms: int) -> Segment:
    """The same segment, later by an offset (earlier when it is negative)."""
    return replace(
        segment,
        start_ms=segment.start_ms + offset_ms,
        end_ms=segment.end_ms + offset_ms,
        words=tuple(
            replace(word, start_ms=word.start_ms + offset_ms, end_ms=word.end_ms + offset_ms)
            for word in segment.words
        ),
    )


def clamped(segment: Segment, start_ms: int, end_ms: int) -> Segment:
    """The same segment with every time pulled into a span."""

    def pulled(time_ms: int) -> int:
        return min(max(time_ms, start_ms), end_ms)

    return replace(
        segment,
        start_ms=pulled(segment.start_ms),
        end_ms=pulled(segment.end_ms),
        words=tuple(
            replace(word, start_ms=pulled(word.start_ms), end_ms=pulled(word.end_ms))
            for word in segment.words
        ),
    )


def to_json(transcript: Transcript) -> bytes:
    """The stored form: UTF-8 JSON with a version. Words are lists, since an hour has ten thousand of them."""
    stored = {
        "version": STORED_VERSION,
        "language": transcript.language,
        "duration_ms": transcript.duration_ms,
        "segments": [segment_to_stored(segment) for segment in transcript.segments],
    }
    return json.dumps(stored, separators=(",", ":")).encode("ascii")


def from_json(data: bytes) -> Transcript:
    """The transcript of a stored form. Raises TranscriptError for anything else."""
    try:
        stored = json.loads(data)
        if stored["version"] != STORED_VERSION:
            raise TranscriptError(
                f"a stored transcript of version {stored['version']!r}, not {STORED_VERSION}"
            )
        return Transcript(
            language=str(stored["language"]),
            duration_ms=int(stored["duration_ms"]),
            segments=tuple(segment_from_stored(segment) for segment in stored["segments"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        if isinstance(error, TranscriptError):
            raise
        raise TranscriptError(f"not a stored transcript: {error}") from error


def segment_to_stored(segment: Segment) -> dict[str, Any]:
    """A segment as plain JSON values; also the result of one window, kept until all are joined."""
    return {
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "speaker": segment.speaker,
        "words": [[word.start_ms, word.end_ms, word.text, word.probability] for word in segment.words],
    }


def segment_from_stored(stored: dict[str, Any]) -> Segment:
    """The segment of plain JSON values made by `segment_to_stored`."""
    return Segment(
        start_ms=int(stored["start_ms"]),
        end_ms=int(stored["end_ms"]),
        text=str(stored["text"]),
        words=tuple(
            Word(int(start), int(end), str(text), float(p)) for start, end, text, p in stored["words"]
        ),
        speaker=None if stored["speaker"] is None else str(stored["speaker"]),
    )
