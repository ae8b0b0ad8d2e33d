"""What ffmpeg says of a file, told apart from what the file says of itself.

ffmpeg's own lines begin with where they come from and their level; what it repeats of a file's metadata is
indented. A title may say anything.
"""

import re

_FROM = r"^(?:\[[^\]\n]+ @ 0x[0-9a-f]+\] )*"

_ELSEWHERE = re.compile(_FROM + r"\[(?:warning|error)\] .*?opening external track", re.MULTILINE)
_NO_SOUND = re.compile(
    r"^\[fatal\] (?:Stream map .* matches no streams|Output file .*does not contain any stream)", re.MULTILINE
)
_OUTPUTS = re.compile(r"^\[info\] Output #0", re.MULTILINE)
_TRACK = re.compile(r"^\[info\]   Stream #0:\d+\S*: Audio:", re.MULTILINE)
_CODEC = re.compile(r"^\[info\]   Stream #0:\d+ -> #0:0 \((\w+)", re.MULTILINE)
_LENGTH = re.compile(r"^\[info\]   Duration: (\d+):(\d\d):(\d\d)\.(\d\d)", re.MULTILINE)
_ESTIMATED = re.compile(_FROM + r"\[warning\] Estimating duration from bitrate", re.MULTILINE)
_ERROR = re.compile(_FROM + r"\[error\] (.*)$", re.MULTILINE)
_TROUBLE = re.compile(_FROM + r"\[(?:warning|error|fatal|panic)\] .*$", re.MULTILINE)
# a picture's decoder is refused on purpose, which ffmpeg calls an error
_NOT_TAKEN = re.compile(r"Codec \(\w+\) not on whitelist")


def points_elsewhere(words: str) -> bool:
    """Whether the file says that its sound lies in another one."""
    return _ELSEWHERE.search(words) is not None


def has_no_sound(words: str) -> bool:
    """Whether there was no sound track to take."""
    return _NO_SOUND.search(words) is not None


def count_tracks(words: str) -> int:
    """How many sound tracks the file has."""
    outputs = _OUTPUTS.search(words)
    return len(_TRACK.findall(words, 0, outputs.start() if outputs else len(words)))


def codec_of(words: str) -> str:
    """The codec of the track that was taken; empty where it was not said."""
    codec = _CODEC.search(words)
    return codec[1] if codec else ""


def length_ms(words: str) -> tuple[int | None, bool]:
    """How long the file is said to be, and whether that is only guessed from its bit rate."""
    length = _LENGTH.search(words)
    if length is None:
        return None, True
    hours, minutes, seconds, hundredths = (int(part) for part in length.groups())
    duration_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10
    return duration_ms, _ESTIMATED.search(words) is not None


def trouble(words: str) -> str:
    """What ffmpeg complains of, and nothing that the file says of itself: it may go into a log."""
    return "\n".join(found[0] for found in _TROUBLE.finditer(words))


def count_errors(words: str) -> int:
    """How often ffmpeg could not read what it should."""
    return sum(_NOT_TAKEN.match(error) is None for error in _ERROR.findall(words))
