"""What a file is by its bytes: what stands before the sound, and what only looks like sound."""

import struct
from pathlib import Path

import numpy as np
import pytest

from app.audio.containers import sniff, sniff_file
from app.audio.errors import RecordingRefused
from app.audio.master import master
from app.audio.probe import inspect
from tests.audio.sounds import convert, make_voice, write_wav

BARE = ("-id3v2_version", "0", "-write_xing", "0")
ID3 = b"ID3\x03\x00\x00\x00\x00\x00\x10TIT2\x00\x00\x00\x04\x00\x00\x00abc\x00\x00"


def _ape(item_bytes: int) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2000, item_bytes, 1, 0xA0000000) + bytes(8 + item_bytes)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sounds")
    voice = write_wav(folder / "voice.wav", make_voice(3))
    made = {name: convert(voice, folder / f"x.{name}", *BARE[: 4 * (name == "mp3")]) for name in
            ("mp3", "flac", "aiff", "ogg", "aac")}  # fmt: skip
    return {"wav": voice.read_bytes()} | {name: path.read_bytes() for name, path in made.items()}


@pytest.mark.parametrize(
    "before",
    [bytes(1000), bytes(100_000), b"\r\n", b"TAG" + bytes(125), ID3 + bytes(100_000), _ape(50), _ape(100_000),
     ID3 + _ape(500), ID3 * 3, b"\xff" * 300, b"ICY 200 OK\r\nicy-name: radio\r\n\r\n"],
)  # fmt: skip
def test_an_mp3_is_found_behind_what_was_put_before_it(
    before: bytes, sounds: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(before + sounds["mp3"])

    inspection = inspect(path)

    assert inspection.container == "mp3"
    assert abs(inspection.duration_ms - 3000) < 150


@pytest.mark.parametrize(("name", "cut"), [("mp3", 100), ("mp3", 417), ("mp3", 5000), ("aac", 100)])
def test_a_stream_that_was_cut_in_mid_frame_is_found(
    name: str, cut: int, sounds: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(sounds[name][cut:])

    inspection = inspect(path)

    assert inspection.container == name
    assert abs(inspection.duration_ms - 3000) < 700


@pytest.mark.parametrize("name", ["wav", "flac", "aiff", "ogg", "aac"])
def test_a_tag_before_another_format_does_not_make_it_an_mp3(
    name: str, sounds: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(ID3 + sounds[name])

    inspection = inspect(path)
    mastered = master(path, inspection, tmp_path)

    assert inspection.container == name
    assert abs(mastered.duration_ms - 3000) < 150


def test_two_frames_by_chance_are_no_recording(sounds: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "x"
    two_frames = sounds["mp3"][: 2 * 209]
    for data in (b"#EXTM3U\n" + two_frames, b"text\n" + two_frames + b"\xff\xfb" + bytes(5000)):
        path.write_bytes(data)
        with pytest.raises(RecordingRefused):
            sniff_file(path)


def test_frames_far_behind_other_bytes_are_not_looked_for(sounds: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * 66_000 + sounds["mp3"])

    with pytest.raises(RecordingRefused):
        sniff_file(path)


def test_noise_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "x"
    random = np.random.default_rng(6)
    for _ in range(50):
        path.write_bytes(b"x" + random.bytes(80_000))
        with pytest.raises(RecordingRefused):
            sniff_file(path)


def test_the_sniffer_asks_for_the_whole_magic() -> None:
    for head in (b"RIFF....WAVX", b"FORM....8SVX", b"OggX", b"fLaX", b"#!AMRX", b"\xff\xf0\x00\x00"):
        with pytest.raises(RecordingRefused):
            sniff(head)
