"""Files that lie about themselves, and files that are too much (threats, T6)."""

import struct
from pathlib import Path

import numpy as np
import pytest

from app.audio.containers import NOT_A_RECORDING
from app.audio.errors import Cancelled, ChildDied, RecordingRefused, Refusal
from app.audio.probe import LONGEST_MS, inspect
from app.audio.sandbox import Finished, Job
from tests.audio.sounds import convert, generate, make_voice, write_wav

VOICE = (make_voice(3) * 32767).astype("<i2").tobytes()


def _wav(
    path: Path, *, channels: int = 1, rate_hz: int = 44_100, kind: int = 1, bits: int = 16,
    declared: int | None = None, data: bytes = VOICE,
) -> Path:  # fmt: skip
    block = channels * bits // 8
    size = len(data) if declared is None else declared
    form = struct.pack(
        "<HHIIHH", kind, channels, rate_hz, (rate_hz * block) & 0xFFFFFFFF, block & 0xFFFF, bits
    )
    head = b"RIFF" + struct.pack("<I", (size + 36) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + form
    path.write_bytes(head + b"data" + struct.pack("<I", size) + data)
    return path


def _refusal(path: Path, *, longest_ms: int = LONGEST_MS) -> RecordingRefused:
    with pytest.raises(RecordingRefused) as refused:
        inspect(path, longest_ms=longest_ms)
    return refused.value


def test_hours_of_silence_in_a_small_file_are_too_long(tmp_path: Path) -> None:
    bomb = generate("anullsrc=r=8000:cl=mono:d=3600", tmp_path / "bomb.flac")
    assert bomb.stat().st_size < 600_000

    refusal = _refusal(bomb, longest_ms=60_000)

    assert refusal.code == Refusal.TOO_LONG


def test_the_limit_is_said_in_hours(tmp_path: Path) -> None:
    long = generate("anullsrc=r=8000:cl=mono:d=10", tmp_path / "long.flac")

    assert _refusal(long, longest_ms=7_200).reason == "The recording is longer than the limit of 0.002 hours."


def test_a_length_that_is_declared_is_not_believed(tmp_path: Path) -> None:
    for declared in (0xFFFFFFFF, 0, 0x7FFFFFFF, len(VOICE) * 40):
        inspection = inspect(_wav(tmp_path / "x.wav", declared=declared))
        assert inspection.duration_ms == 3000


def test_an_mp3_that_ends_before_its_declared_end_is_said_to_be_damaged(tmp_path: Path) -> None:
    whole = convert(_wav(tmp_path / "x.wav", data=VOICE * 2), tmp_path / "x.mp3").read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(whole[: len(whole) // 2])

    assert inspect(path).damaged


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"channels": 255}, Refusal.TOO_MANY_CHANNELS),
        ({"channels": 9}, Refusal.TOO_MANY_CHANNELS),
        ({"rate_hz": 1}, Refusal.SAMPLE_RATE),
        ({"rate_hz": 7_999}, Refusal.SAMPLE_RATE),
        ({"rate_hz": 192_001}, Refusal.SAMPLE_RATE),
        ({"rate_hz": 0}, Refusal.BROKEN),
        ({"channels": 0}, Refusal.BROKEN),
        ({"data": b""}, Refusal.BROKEN),
        ({"data": VOICE[:40_000]}, Refusal.TOO_SHORT),
        ({"kind": 3, "bits": 32, "data": np.full(132_300, np.nan, "<f4").tobytes()}, Refusal.BROKEN),
        ({"kind": 0x1234}, Refusal.BROKEN),
    ],
)
def test_a_wav_outside_the_bounds_is_refused(options: dict[str, int], code: Refusal, tmp_path: Path) -> None:
    assert _refusal(_wav(tmp_path / "x.wav", **options)).code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [{"rate_hz": 8_000}, {"rate_hz": 192_000}, {"channels": 8, "data": VOICE * 8}]
)
def test_a_wav_at_the_bounds_is_taken(options: dict[str, int], tmp_path: Path) -> None:
    # at 192 kHz the same samples last 0.7 s
    assert inspect(_wav(tmp_path / "x.wav", **options), shortest_ms=500).codec == "pcm_s16le"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100_000,
        b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + b"\0" * 1000,  # a tag of 256 MB
        b"ID3\x03\x00\x00\x00\x00\x00\x00" * 2000,
        b"\xff\xfb",
        b"\xff" * 5000,
        b"RIFF\xff\xff\xff\xffAVI LIST",
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MThd\x00\x00\x00\x06",
        b"PK\x03\x04",
        b"FRM8" + bytes(100),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(data)

    assert _refusal(path).reason == NOT_A_RECORDING


def test_a_picture_in_an_mp4_dress_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.m4a"
    path.write_bytes(b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heicmiaf" + bytes(500))

    assert _refusal(path).code in (Refusal.BROKEN, Refusal.NOT_AUDIO)


def test_a_recording_behind_a_large_tag_is_found(tmp_path: Path) -> None:
    sound = convert(_wav(tmp_path / "x.wav"), tmp_path / "x.mp3", "-id3v2_version", "0").read_bytes()
    path = tmp_path / "tagged.mp3"
    path.write_bytes(b"ID3\x03\x00\x00\x00\x40\x00\x00" + bytes(0x40 << 14) + sound)

    assert inspect(path).container == "mp3"


def test_sound_that_changes_its_form_half_way_is_counted_whole(tmp_path: Path) -> None:
    voice = write_wav(tmp_path / "voice.wav", make_voice(3))
    bare = ("-id3v2_version", "0", "-write_xing", "0")
    parts = [
        convert(voice, tmp_path / "1.mp3", "-ar", "44100", "-ac", "2", *bare),
        convert(voice, tmp_path / "2.mp3", "-ar", "32000", "-ac", "1", *bare),
    ] * 2
    path = tmp_path / "spliced.mp3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))

    assert abs(inspect(path).duration_ms - 12_000) < 400


def test_noise_behind_a_true_head_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).bytes(200_000)
    for name, arguments in (
        ("x.flac", ()),
        ("x.m4a", ("-c:a", "aac", "-movflags", "+faststart")),
        ("x.ogg", ()),
    ):
        whole = convert(_wav(tmp_path / "x.wav"), tmp_path / name, *arguments).read_bytes()
        path = tmp_path / f"noise-{name}"
        path.write_bytes(whole[: len(whole) // 8] + noise)
        with pytest.raises(RecordingRefused):
            inspect(path)


def test_inspecting_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        inspect(_wav(tmp_path / "x.wav"), cancelled=lambda: True)


def test_a_decoder_that_dies_is_neither_refusal_nor_success(tmp_path: Path) -> None:
    def dying(job: Job, **_: object) -> Finished:
        raise ChildDied(signal=11, limit=None)

    with pytest.raises(ChildDied):
        inspect(_wav(tmp_path / "x.wav"), run=dying)


def test_nothing_is_left_beside_the_recording(tmp_path: Path) -> None:
    inspect(_wav(tmp_path / "x.wav"))

    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
