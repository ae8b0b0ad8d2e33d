"""How long an MP3 plays, from its first bytes: ID3v2's header, and the first frame of the sound.

Reads what is served of our own files, never an uploaded one. Sources: ID3v2.3, 3.1; ISO 11172-3, 2.4.1.3
and 13818-3 for the frame's header; the Xing and Info tag as LAME writes it.
"""

ID3_HEADER_BYTES = 10
#: Enough for the first frame's header, its side information and the count of frames.
FRAME_HEAD_BYTES = 64

_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: Side information between the header and the count of frames, by (MPEG 1, mono).
_SIDE_BYTES = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
_LAYER_3 = 1
_MPEG_1 = 3
_MONO = 3


def tag_bytes(head: bytes) -> int:
    """How long the ID3v2 tag at the beginning of a file is, with its header; 0 where there is none.

    `head` are the first ID3_HEADER_BYTES of the file.
    """
    if len(head) < ID3_HEADER_BYTES or not head.startswith(b"ID3") or max(head[6:10]) > 0x7F:
        return 0
    size = 0
    for seven_bits in head[6:10]:
        size = size << 7 | seven_bits
    return size + ID3_HEADER_BYTES


def is_frame(head: bytes) -> bool:
    """Whether a frame of MPEG sound, layer III, begins here."""
    return _frame(head) is not None


def play_ms(head: bytes, sound_bytes: int) -> int | None:
    """How long the frames play that begin with `head` and fill `sound_bytes`; None where no frame begins.

    Exact where the encoder has left a count of frames, and at a constant bit rate otherwise.
    """
    frame = _frame(head)
    if frame is None:
        return None
    version, kbps, rate_hz, channels = frame
    at = 4 + _SIDE_BYTES[version == _MPEG_1, channels == _MONO]
    if head[at : at + 4] in (b"Xing", b"Info") and head[at + 7] & 1:
        count = int.from_bytes(head[at + 8 : at + 12], "big")
        return count * (1152 if version == _MPEG_1 else 576) * 1000 // rate_hz
    return sound_bytes * 8 // kbps


def _frame(head: bytes) -> tuple[int, int, int, int] | None:
    """Version, bit rate in kbit/s, rate in Hz and mode of the channels, from a frame's header."""
    if len(head) < FRAME_HEAD_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version not in _HZ or layer != _LAYER_3 or not 0 < bits < 15 or rate == 3:
        return None
    kbps = (_KBPS_1 if version == _MPEG_1 else _KBPS_2)[bits]
    return version, kbps, _HZ[version][rate], head[3] >> 6
