"""JSON transcript of Podcasting 2.0: version and segments of speaker, startTime, endTime, body.

Source: podcast namespace, item transcript, example transcripts. One segment is one sentence.
"""

import json
from typing import Any

from transcription.errors import FormatError
from transcription.formats.passage import Passage
from transcription.inert import inert
from transcription.transcript import Segment, Transcript

VERSION = "1.0.0"

# Inside JSON strings these are the same characters, and a page that carries the file in a script stays whole.
_HARMLESS_IN_PAGES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write(transcript: Transcript) -> bytes:
    """The transcript as JSON; times in seconds."""
    segments = [_segment(segment) for segment in transcript.segments if inert(segment.text)]
    written = json.dumps({"version": VERSION, "segments": segments}, ensure_ascii=False, indent=1)
    return (written.translate(_HARMLESS_IN_PAGES) + "\n").encode()


def read(data: bytes) -> tuple[Passage, ...]:
    """The segments of such a file."""
    try:
        document = json.loads(data)
        if not isinstance(document["version"], str):
            raise FormatError("the version is not a string")
        return tuple(_passage(segment) for segment in document["segments"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"not a JSON transcript: {error}") from error


def _segment(segment: Segment) -> dict[str, Any]:
    said: dict[str, Any] = {"startTime": segment.start_ms / 1000, "endTime": segment.end_ms / 1000}
    if speaker := inert(segment.speaker or ""):
        said["speaker"] = speaker
    return {**said, "body": inert(segment.text)}


def _passage(segment: dict[str, Any]) -> Passage:
    body, speaker = segment["body"], segment.get("speaker")
    if not isinstance(body, str) or not isinstance(speaker, str | None):
        raise FormatError("a body or speaker is not text")
    return Passage(body, round(segment["startTime"] * 1000), round(segment["endTime"] * 1000), speaker)
