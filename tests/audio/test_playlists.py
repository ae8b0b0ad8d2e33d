"""No file makes us open another file or an address, whatever it is called (threats, T3 to T5 and T38)."""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.audio.containers import NOT_A_RECORDING
from app.audio.errors import AudioError, RecordingRefused, Refusal
from app.audio.master import master
from app.audio.probe import inspect
from app.audio.protections import protections
from app.audio.sandbox import Job, Limits, ffmpeg_path, run
from app.audio.source import reading
from tests.audio.playlists import SHAPES
from tests.audio.sounds import convert, make_voice, write_wav

NAMES = ("recording.mp3", "recording.wav", "recording")
MAGIC = {
    "an empty tag": b"ID3\x03\x00\x00\x00\x00\x00\x00",
    "the head of a wav": b"RIFF\x00\x10\x00\x00WAVEfmt ",
    "the head of an mp4": b"\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00",
    "the head of an ogg": b"OggS\x00\x02",
    "the head of a webm": b"\x1aE\xdf\xa3\x84",
    "the head of a flac": b"fLaC",
    "the head of an amr": b"#!AMR\n",
}


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("other") / "canary.wav", make_voice(3))


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[object]]]:
    hits: list[object] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                hits.append(address)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x.ts", hits
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_playlist_is_refused_under_every_name(
    shape: str, name: str, canary: Path, listener: tuple[str, list[object]], tmp_path: Path
) -> None:
    url, hits = listener
    path = tmp_path / name
    path.write_bytes(SHAPES[shape](str(canary), url))

    with pytest.raises(RecordingRefused) as refused:
        inspect(path)

    assert refused.value.code == Refusal.NOT_AUDIO
    assert refused.value.reason == NOT_A_RECORDING
    assert hits == []


@pytest.mark.parametrize("magic", MAGIC)
@pytest.mark.parametrize("shape", ["ffconcat", "hls of an address", "m3u"])
def test_a_playlist_behind_a_borrowed_head_is_refused(
    shape: str, magic: str, canary: Path, listener: tuple[str, list[object]], tmp_path: Path
) -> None:
    url, hits = listener
    path = tmp_path / "recording.mp3"
    path.write_bytes(MAGIC[magic] + SHAPES[shape](str(canary), url))

    with pytest.raises(RecordingRefused):
        inspect(path)

    assert hits == []


@pytest.mark.parametrize(
    "demuxer", ["mp3", "wav", "mov", "ogg", "matroska", "flac", "asf", "aac", "amr", "aiff"]
)
def test_no_demuxer_of_ours_reads_a_playlist(demuxer: str, canary: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.m3u8"
    path.write_bytes(SHAPES["hls of a file"](str(canary), "http://127.0.0.1:9/"))
    arguments = (*reading(path, demuxer), "-map", "0:a:0", "-f", "null", "-")

    finished = run(Job(ffmpeg_path(), arguments, tmp_path, Limits(cpu_s=10, wall_s=20), readable=(path,)))

    assert finished.exit_code != 0


@pytest.mark.parametrize("address", ["file", "url"])
def test_even_a_decoder_told_to_follow_a_playlist_reaches_nothing(
    address: str, canary: Path, listener: tuple[str, list[object]], tmp_path: Path
) -> None:
    url, hits = listener
    path = tmp_path / "x.ffconcat"
    path.write_text(f"ffconcat version 1.0\nfile '{canary if address == 'file' else url}'\n")
    protocols = "file,http,tcp,crypto,data"
    opened = (
        "-f",
        "concat",
        "-safe",
        "0",
        "-protocol_whitelist",
        protocols,
        "-i",
        str(path),
        "-f",
        "null",
        "-",
    )

    finished = run(Job(ffmpeg_path(), opened, tmp_path, Limits(cpu_s=10, wall_s=20), readable=(path,)))

    assert {"files", "calls"} <= protections()
    assert finished.exit_code != 0
    assert hits == []


def test_an_mp4_that_points_to_another_file_is_refused(canary: Path, tmp_path: Path) -> None:
    whole = convert(canary, tmp_path / "whole.m4a", "-c:a", "aac").read_bytes()
    path = tmp_path / "pointing.m4a"
    path.write_bytes(_with_alias(whole, "/canary.wav"))

    with pytest.raises(RecordingRefused) as refused:
        inspect(path)

    assert refused.value.code == Refusal.EXTERNAL


def _with_alias(data: bytes, target: str) -> bytes:
    """The same file, its sound declared to lie in another one (QuickTime, data reference atom, alias)."""
    name = target.strip("/").encode()
    alias = bytes(10) + b"\x03vol" + bytes(24) + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0")
    path = target.encode() + b"\0" * (len(target) % 2)
    alias += bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
    alias += struct.pack(">HH", 2, len(path)) + path + struct.pack(">HH", 0xFFFF, 0)
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    start = data.index(b"dref") + 12
    grown = data[:start] + entry + data[start + 12 :]
    result = bytearray(grown)
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        at = grown.index(box) - 4
        size = struct.unpack(">I", grown[at : at + 4])[0] + len(entry) - 12
        result[at : at + 4] = struct.pack(">I", size)
    return bytes(result)


@pytest.mark.parametrize(
    "name",
    [
        "-i",
        "-f lavfi",
        "-y.wav",
        "concat:a|b",
        "pipe:0",
        "http:x",
        "%d.wav",
        "a b;c`d$(e).wav",
        "ü\u202e.wav",
    ],
)
def test_a_name_is_never_an_option_nor_an_address(name: str, canary: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(canary.read_bytes())
    folder = tmp_path / "-out"
    folder.mkdir()

    inspection = inspect(path)
    mastered = master(path, inspection, folder)

    assert inspection.duration_ms == 3000
    assert mastered.mp3_path.is_file()


def test_mastering_opens_no_other_format_than_the_one_inspected(canary: Path, tmp_path: Path) -> None:
    inspection = inspect(canary)
    path = tmp_path / "swapped.wav"
    path.write_text(f"ffconcat version 1.0\nfile '{canary}'\n")

    with pytest.raises(AudioError):
        master(path, replace(inspection), tmp_path)

    assert not (tmp_path / "recording.mp3").exists() or (tmp_path / "recording.mp3").stat().st_size == 0
