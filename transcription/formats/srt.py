"""SubRip: numbered cues for players and editors that read nothing newer.

SubRip has no escapes and no specification: players take `<...>` and `{\\...}` for markup and `-->`
for a timing, so those characters are written as ones that look alike and do nothing.
"""

import re

from transcription.cues import LONGEST_LINE_CHARACTERS, Cue, cues
from transcription.errors import FormatError
from transcription.formats.clock import hms, milliseconds
from transcription.formats.passage import Passage
from transcription.graphemes import shortened
from transcription.spacing import unbroken
from transcription.transcript import Transcript

_LOOK_ALIKES = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
_TIMING = re.compile(r"(\S+) --> (\S+)")


def write(transcript: Transcript) -> bytes:
    """The transcript as a SubRip file; a speaker's name stands where the speaker changes."""
    blocks = []
    speaker: str | None = None
    for number, cue in enumerate(cues(transcript.segments, transcript.duration_ms), start=1):
        blocks.append(_block(number, cue, names_speaker=cue.speaker != speaker))
        speaker = cue.speaker
    return "".join(blocks).encode()


def read(data: bytes) -> tuple[Passage, ...]:
    """The cues of a SubRip file as `write` makes it. A speaker's name stays part of the text."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError("SubRip is UTF-8 here") from error
    blocks = text.rstrip("\n").split("\n\n") if text else []
    return tuple(_passage(number, block) for number, block in enumerate(blocks, start=1))


def _block(number: int, cue: Cue, *, names_speaker: bool) -> str:
    payload = "\n".join(cue.lines)
    if names_speaker and cue.speaker:
        name = shortened(cue.speaker, LONGEST_LINE_CHARACTERS - 1)
        fits = len(name) + 2 + len(cue.lines[0]) <= LONGEST_LINE_CHARACTERS
        payload = f"{name}:{' ' if fits else chr(10)}{payload}"
    payload = payload.translate(_LOOK_ALIKES)
    return f"{number}\n{hms(cue.start_ms, ',')} --> {hms(cue.end_ms, ',')}\n{payload}\n\n"


def _passage(number: int, block: str) -> Passage:
    lines = block.split("\n")
    found = _TIMING.fullmatch(lines[1]) if len(lines) > 2 else None
    if found is None or lines[0] != str(number):
        raise FormatError(f"block {number} is not a numbered cue")
    return Passage(unbroken(lines[2:]), milliseconds(found[1]), milliseconds(found[2]))
