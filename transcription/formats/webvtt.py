"""WebVTT with voice spans: the form that podcast apps and the page's own player read best.

Rules: W3C WebVTT, 4.1 to 4.2 (file structure, cue payload); lines of at most 65 characters,
speaker names in `<v Name>` (Apple, podcast transcripts).
"""

import re
from html import unescape

from transcription.cues import Cue, cues
from transcription.errors import FormatError
from transcription.formats.clock import hms, milliseconds
from transcription.formats.passage import Passage
from transcription.spacing import unbroken
from transcription.transcript import Transcript

_TIMING = re.compile(r"(\S+) --> (\S+)")
_VOICE = re.compile(r"<v ([^>]*)>(.*?)(?:</v>)?", re.DOTALL)


def write(transcript: Transcript) -> bytes:
    """The transcript as a WebVTT file."""
    blocks = ["WEBVTT", *(_block(cue) for cue in cues(transcript.segments, transcript.duration_ms))]
    return ("\n\n".join(blocks) + "\n").encode()


def read(data: bytes) -> tuple[Passage, ...]:
    """The cues of a WebVTT file as `write` makes it."""
    try:
        header, *blocks = data.decode().rstrip("\n").split("\n\n")
    except UnicodeDecodeError as error:
        raise FormatError("WebVTT is UTF-8") from error
    if header.split("\n")[0].split(" ")[0] != "WEBVTT":
        raise FormatError("WebVTT starts with WEBVTT")
    return tuple(_passage(block) for block in blocks)


def _block(cue: Cue) -> str:
    payload = "\n".join(_escaped(line) for line in cue.lines)
    if cue.speaker:
        payload = f"<v {_escaped(cue.speaker)}>{payload}</v>"
    return f"{hms(cue.start_ms, '.')} --> {hms(cue.end_ms, '.')}\n{payload}"


def _escaped(text: str) -> str:
    """With `>` escaped too, neither `-->` nor the end of a tag can come from text or a speaker's name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _passage(block: str) -> Passage:
    timing, _, payload = block.partition("\n")
    found = _TIMING.fullmatch(timing)
    if found is None or not payload:
        raise FormatError(f"{timing!r} is not the timing of a cue")
    voice = _VOICE.fullmatch(payload)
    speaker, text = voice.groups() if voice else (None, payload)
    return Passage(
        text=unbroken(unescape(text).split("\n")),
        start_ms=milliseconds(found[1]),
        end_ms=milliseconds(found[2]),
        speaker=None if speaker is None else unescape(speaker),
    )
