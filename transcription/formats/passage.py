"""Passage: what any of the formats says again when it is read back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A cue, segment or paragraph as a file has it. Not every format says times and speaker."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None
