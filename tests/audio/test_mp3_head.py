"""How long an MP3 plays, read from its first bytes alone."""

from pathlib import Path

import pytest

from app.audio.mp3_head import FRAME_HEAD_BYTES, is_frame, play_ms, tag_bytes
from app.audio.tags import Tags, write_tags
from tests.audio.sounds import convert, make_voice, write_wav


def head_and_rest(path: Path) -> tuple[int, bytes, int]:
    """The tag's length, the first frame's beginning, and how many bytes the frames fill."""
    content = path.read_bytes()
    tag = tag_bytes(content[:10])
    return tag, content[tag : tag + FRAME_HEAD_BYTES], len(content) - tag


@pytest.mark.parametrize("rate_hz", [44_100, 22_050, 8_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("info", ["1", "0"])
def test_the_length_of_real_sound_is_known_within_a_few_frames(
    tmp_path: Path, rate_hz: int, channels: int, info: str
) -> None:
    voice = make_voice(7.0, rate_hz=rate_hz)
    wav = write_wav(tmp_path / "a.wav", *[voice] * channels, rate_hz=rate_hz)
    mp3 = convert(wav, tmp_path / "a.mp3", "-b:a", "64k", "-write_xing", info)
    _tag, head, size_bytes = head_and_rest(mp3)
    length_ms = play_ms(head, size_bytes)

    assert length_ms is not None
    assert abs(length_ms - 7_000) < 250


def test_tags_and_their_picture_are_stepped_over(tmp_path: Path) -> None:
    mp3 = convert(write_wav(tmp_path / "a.wav", make_voice(3.0)), tmp_path / "a.mp3")
    write_tags(mp3, Tags("Falls", "Rounds", 3_000, artwork_jpeg=b"\xff\xd8" + b"x" * 50_000))
    tag, head, size_bytes = head_and_rest(mp3)

    assert tag > 50_000
    assert is_frame(head)
    assert abs((play_ms(head, size_bytes) or 0) - 3_000) < 100


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"ID3sound",
        b"\xff\xfb",
        b"\x00" * 64,
        b"<html>" + b" " * 64,
        b"\xff\xfb\x00\x00" + b"\x00" * 60,  # no bit rate
        b"\xff\xfb\xf0\x00" + b"\x00" * 60,  # a forbidden one
        b"\xff\xfb\x9c\x00" + b"\x00" * 60,  # a reserved rate
        b"\xff\xeb\x90\x00" + b"\x00" * 60,  # a reserved version
        b"\xff\xfd\x90\x00" + b"\x00" * 60,  # layer II
    ],
)
def test_anything_else_begins_no_frame(head: bytes) -> None:
    assert not is_frame(head)
    assert play_ms(head, 1000) is None


@pytest.mark.parametrize("head", [b"", b"ID3", b"\xff\xfb" + b"\x00" * 8, b"ID3\x03\x00\x00\x00\x00\x80\x00"])
def test_no_tag_is_no_tag(head: bytes) -> None:
    assert tag_bytes(head) == 0
