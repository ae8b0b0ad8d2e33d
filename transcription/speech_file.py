"""The speech file: 16 kHz mono 16-bit WAV with the plain 44-byte header, written by our own mastering.

Its plainness is what lets a window read only its slice, by byte offset, from a disk or a store.
"""

import struct
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from transcription.errors import SpeechFileError

RATE_HZ = 16_000
HEADER_BYTES = 44
SAMPLE_BYTES = 2

Samples = npt.NDArray[np.float32]


def slice_bytes(start_ms: int, end_ms: int) -> tuple[int, int]:
    """Offset and length in bytes of a stretch of the speech file, header included in the offset."""
    start, end = (time_ms * RATE_HZ // 1000 for time_ms in (start_ms, end_ms))
    return HEADER_BYTES + start * SAMPLE_BYTES, (end - start) * SAMPLE_BYTES


def samples_from_pcm(pcm: bytes) -> Samples:
    """Samples from -1 to 1 of 16-bit little-endian bytes; an odd last byte is left out."""
    whole = len(pcm) - len(pcm) % SAMPLE_BYTES
    return np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float32) * np.float32(1 / 32768)


def read_speech(file: str | PathLike[str] | BinaryIO, start_ms: int, end_ms: int) -> Samples:
    """The samples of a stretch; fewer where the file ends earlier. Raises SpeechFileError."""
    if isinstance(file, str | PathLike):
        with Path(file).open("rb") as source:
            return _read(source, start_ms, end_ms)
    return _read(file, start_ms, end_ms)


def _read(source: BinaryIO, start_ms: int, end_ms: int) -> Samples:
    source.seek(0)
    check_header(source.read(HEADER_BYTES))
    offset, length = slice_bytes(start_ms, end_ms)
    source.seek(offset)
    return samples_from_pcm(source.read(length))


def check_header(header: bytes) -> None:
    """Raise SpeechFileError unless these are the first 44 bytes of a speech file of ours."""
    if len(header) < HEADER_BYTES:
        raise SpeechFileError("the speech file is shorter than its header")
    riff, _, wave, fmt, size, kind, channels, rate, _, _, bits, data, _ = struct.unpack(
        "<4sI4s4sIHHIIHH4sI", header
    )
    if (riff, wave, fmt, size, kind, data) != (b"RIFF", b"WAVE", b"fmt ", 16, 1, b"data"):
        raise SpeechFileError("the speech file is not a WAV with a plain 44-byte header")
    if (channels, rate, bits) != (1, RATE_HZ, 16):
        raise SpeechFileError(f"the speech file has {channels} channels of {bits} bits at {rate} Hz")
