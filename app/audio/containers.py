"""What a file is, by its first bytes, and how ffmpeg may open it: the one table of formats that Hearth takes.

A name or a declared type says nothing. What is not in the table is refused before any decoder sees it; what
is in it is opened as exactly that format (threats, findings 1 and 3). This file must not start a process.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from app.audio.errors import RecordingRefused, Refusal

FORMATS_IN_WORDS: Final = (
    "MP3, M4A or AAC, WAV, FLAC, Ogg Vorbis, Opus, AIFF, WMA, AMR, and the sound of MP4, MOV and WebM"
)

NOT_A_RECORDING: Final = f"The file is not an audio recording that we can read. We take {FORMATS_IN_WORDS}."

DECODERS: Final = (
    "aac,aac_fixed,alac,amrnb,amrwb,flac,mp3,mp3float,mp2,mp2float,opus,vorbis,"
    "wmav1,wmav2,wmapro,wmavoice,wmalossless,ac3,eac3,gsm_ms,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,"
    "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be"
)
"""Decoders of sound that a recording may need; no picture is ever decoded."""

HEAD_BYTES: Final = 4096
_SEARCHED_BYTES: Final = 64 * 1024
_ID3_HEADER_BYTES: Final = 10
_APE_HEADER_BYTES: Final = 32
_MOST_TAGS: Final = 16
_MOST_PADDING_BYTES: Final = 16 * 1024 * 1024
_FRAMES_IN_A_ROW: Final = 3
_LONGEST_PAGE_BYTES: Final = 65_307
_LAST_PAGE: Final = 0x04
_LONGEST_FRAME_BYTES: Final = 8191
_RATE_BITS_OF_MPEG: Final = 0b0000_1100
_RATE_BITS_OF_ADTS: Final = 0b0011_1100

# MPEG audio frame header (ISO 11172-3, 2.4.1.3; ISO 13818-3 for the lower rates)
_BIT_RATES_KBPS: Final = {
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES_HZ: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True)
class Container:
    """One format that we take: our name for it and ffmpeg's demuxer, and how much stands before it."""

    name: str
    demuxer: str
    skipped_bytes: int = 0


_MP3 = Container("mp3", "mp3")
_AAC = Container("aac", "aac")
_MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def _form(outer: tuple[bytes, ...], inner: tuple[bytes, ...]) -> Callable[[bytes], bool]:
    return lambda head: head[:4] in outer and head[8:12] in inner


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


_TABLE: Final[tuple[tuple[Callable[[bytes], bool], Container], ...]] = (
    (_form((b"RIFF", b"RF64", b"BW64"), (b"WAVE",)), Container("wav", "wav")),
    (_form((b"FORM",), (b"AIFF", b"AIFC")), Container("aiff", "aiff")),
    (_starts(b"fLaC"), Container("flac", "flac")),
    (_starts(b"OggS"), Container("ogg", "ogg")),
    (_starts(b"#!AMR\n", b"#!AMR-WB\n"), Container("amr", "amr")),
    (_starts(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")), Container("wma", "asf")),
    (_starts(b"\x1aE\xdf\xa3"), Container("webm", "matroska")),
    (lambda head: head[4:8] in _MOV_BOXES, Container("mp4", "mov")),
    (lambda head: _adts_frame_bytes(head, 0) > 0, _AAC),
    (lambda head: _mpeg_frame_bytes(head, 0) > 0, _MP3),
)


def sniff(head: bytes) -> Container:
    """The container whose magic the first bytes show; raises RecordingRefused for everything else.

    Leading tags must have been stepped over (`sniff_file` does).
    """
    container = _by_magic(head)
    if container is None:
        raise RecordingRefused(NOT_A_RECORDING, Refusal.NOT_AUDIO)
    return container


def sniff_file(path: Path) -> Container:
    """The container of a file; looks behind tags, whose pictures may be many megabytes.

    Where no magic stands, because a radio stream was cut in mid-frame or something was put before the sound,
    frames in a row show what it is.
    """
    with path.open("rb") as file:
        offset = _behind_tags(file)
        file.seek(offset)
        found = _by_magic(file.read(HEAD_BYTES))
        if found is None:
            file.seek(offset)
            found = _by_frames(_behind_padding(file))
        elif found not in (
            _MP3,
            _AAC,
        ):  # these know of tags, and of what may stand between them and the sound
            found = replace(found, skipped_bytes=offset)
    if found is None:
        raise RecordingRefused(NOT_A_RECORDING, Refusal.NOT_AUDIO)
    return found


def is_cut_off(path: Path, container: Container) -> bool:
    """Whether an Ogg file ends without the mark of its last page (RFC 3533, 6); False for other formats."""
    if container.name != "ogg":
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2 * _LONGEST_PAGE_BYTES))
        end = file.read()
    flags = end[end.rfind(b"OggS") + 5 :][:1]
    return not flags or not flags[0] & _LAST_PAGE


def _by_magic(head: bytes) -> Container | None:
    return next((container for matches, container in _TABLE if matches(head)), None)


def _behind_tags(file: BinaryIO) -> int:
    """Where the leading ID3v2 and APEv2 tags end (ID3v2.3, 3.1; APEv2, tags header)."""
    offset = 0
    for _ in range(_MOST_TAGS):
        file.seek(offset)
        head = file.read(_APE_HEADER_BYTES)
        if head.startswith(b"ID3") and len(head) > _ID3_HEADER_BYTES:
            offset += _ID3_HEADER_BYTES + _syncsafe(head[6:10])
        elif head.startswith(b"APETAGEX") and len(head) == _APE_HEADER_BYTES:
            offset += _APE_HEADER_BYTES + int.from_bytes(head[12:16], "little")
        else:
            break
    return offset


def _behind_padding(file: BinaryIO) -> bytes:
    """What is searched for frames: from the first byte that is not zero, and enough for three more frames."""
    for _ in range(_MOST_PADDING_BYTES // _SEARCHED_BYTES):
        data = file.read(_SEARCHED_BYTES).lstrip(b"\0")
        if data:
            return data + file.read(_SEARCHED_BYTES + 4 * _LONGEST_FRAME_BYTES - len(data))
    return b""


def _by_frames(data: bytes) -> Container | None:
    """Three frames of one kind in a row; anything else may hold two by chance."""
    offset = data.find(b"\xff")
    while 0 <= offset < _SEARCHED_BYTES:
        if _are_in_a_row(data, offset, _adts_frame_bytes, _RATE_BITS_OF_ADTS):
            return _AAC
        if _are_in_a_row(data, offset, _mpeg_frame_bytes, _RATE_BITS_OF_MPEG):
            return _MP3
        offset = data.find(b"\xff", offset + 1)
    return None


def _are_in_a_row(data: bytes, offset: int, frame_bytes: Callable[..., int], rate_bits: int) -> bool:
    """Whether three frames follow one another in the same version, layer and sample rate."""
    first = data[offset : offset + 4]
    for _ in range(_FRAMES_IN_A_ROW):
        header = data[offset : offset + 4]
        size = frame_bytes(data, offset, alone=True)
        if size == 0 or header[1] != first[1] or (header[2] ^ first[2]) & rate_bits:
            return False
        offset += size
    return True


def _syncsafe(size: bytes) -> int:
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))


def _mpeg_frame_bytes(data: bytes, offset: int, *, alone: bool = False) -> int:
    """The length of the MPEG audio frame at `offset`, 0 if there is none, or no next one."""
    header = data[offset : offset + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate_index, frequency_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 0 or rate_index in (0, 15) or frequency_index == 3:
        return 0
    bit_rate_bps = _BIT_RATES_KBPS[3 if version == 3 else 2, layer][rate_index - 1] * 1000
    sample_rate_hz = _SAMPLE_RATES_HZ[version][frequency_index]
    padding = header[2] >> 1 & 1
    if layer == 3:
        size = (12 * bit_rate_bps // sample_rate_hz + padding) * 4
    else:
        samples = 576 if layer == 1 and version != 3 else 1152
        size = samples // 8 * bit_rate_bps // sample_rate_hz + padding
    return size if alone or _followed(data, offset + size, _mpeg_frame_bytes) else 0


def _adts_frame_bytes(data: bytes, offset: int, *, alone: bool = False) -> int:
    """The length of the AAC frame in ADTS (ISO 14496-3, 1.A.2.2.1) at `offset`, 0 as above."""
    header = data[offset : offset + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    if size <= 7:
        return 0
    return size if alone or _followed(data, offset + size, _adts_frame_bytes) else 0


def _followed(data: bytes, offset: int, frame_bytes: Callable[..., int]) -> bool:
    return offset + 7 > len(data) or frame_bytes(data, offset, alone=True) > 0
