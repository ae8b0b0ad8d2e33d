"""Times as formats write them: whole milliseconds to hours:minutes:seconds and back."""

import re

from transcription.errors import FormatError


def hms(time_ms: int, mark: str) -> str:
    """01:02:03.004, with the decimal mark that a format wants; hours are always written."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{milliseconds:03}"


def milliseconds(written: str) -> int:
    """The time of 01:02:03.004, 02:03.004 or 01:02:03,004."""
    found = re.fullmatch(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3})", written, re.ASCII)
    if found is None:
        raise FormatError(f"{written!r} is not a time")
    hours, minutes, seconds, thousandths = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
