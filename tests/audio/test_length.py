"""The length of a recording: what is heard, in the recording's own time, whatever it declares or becomes."""

import os
from pathlib import Path

import numpy as np
import pytest

from app.audio.errors import RecordingRefused, Refusal
from app.audio.master import master
from app.audio.probe import inspect
from app.audio.progress import Progress, share_read
from tests.audio.sounds import convert, decode, generate, make_voice, with_pauses, write_wav

BARE = ("-id3v2_version", "0", "-write_xing", "0")
PAUSED = {
    "webm": ("-c:a", "libopus"),
    "vorbis.webm": ("-c:a", "libvorbis"),
    "mka": ("-c:a", "aac"),
    "m4a": ("-c:a", "aac"),
    "ogg": ("-c:a", "libvorbis"),
}


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    left, right = make_voice(4), make_voice(4, seed=2) * 0.7
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", left, right)


@pytest.fixture(scope="module")
def changing(voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 s of MP3 that turns from stereo to mono and back forty times."""
    folder = tmp_path_factory.mktemp("changing")
    parts = [
        convert(voice, folder / f"{count}.mp3", "-ac", count, *BARE).read_bytes() for count in ("2", "1")
    ]
    path = folder / "changing.mp3"
    path.write_bytes(b"".join(parts) * 20)
    return path


def test_a_recording_that_changes_its_form_forty_times_is_counted_whole(
    changing: Path, tmp_path: Path
) -> None:
    inspection = inspect(changing)
    mastered = master(changing, inspection, tmp_path)

    assert abs(inspection.duration_ms - len(decode_in_parts(changing)) / 44.1) <= 50
    assert inspection.duration_ms > 160_000
    assert not inspection.damaged
    assert abs(mastered.duration_ms - inspection.duration_ms) <= 50
    assert abs(mastered.loudness_lufs + 16) <= 0.5
    assert mastered.true_peak_dbtp <= -1
    assert abs(mastered.speech_path.stat().st_size / 32 - inspection.duration_ms) <= 50


def decode_in_parts(path: Path) -> np.ndarray:
    """As one mono sound, so that no change of form is left."""
    return decode(convert(path, path.with_suffix(".wav"), "-ac", "1", "-ar", "44100"))


def test_a_change_of_form_does_not_begin_the_limit_anew(changing: Path) -> None:
    with pytest.raises(RecordingRefused) as refused:
        inspect(changing, longest_ms=60_000)

    assert refused.value.code == Refusal.TOO_LONG


@pytest.mark.parametrize("name", PAUSED)
def test_a_pause_in_the_times_of_a_file_is_kept_as_silence(name: str, voice: Path, tmp_path: Path) -> None:
    paused = with_pauses(voice, tmp_path / f"paused.{name}", "if(gt(T,2),5,0)", *PAUSED[name])

    inspection = inspect(paused)
    mastered = master(paused, inspection, tmp_path)

    assert abs(inspection.duration_ms - 9000) <= 50
    assert inspection.notes == ()
    assert abs(mastered.duration_ms - 9000) <= 50
    sound = np.abs(decode(mastered.mp3_path)[:, 0].astype(float))
    assert sound[int(2.5 * 44_100) : int(6.5 * 44_100)].max() < 100
    assert sound[int(7.5 * 44_100) :].max() > 1000
    assert abs(mastered.speech_path.stat().st_size / 32 - 9000) <= 50


def test_sound_that_begins_after_the_picture_begins_there(voice: Path, tmp_path: Path) -> None:
    film = ("-f", "lavfi", "-i", "testsrc=s=64x64:d=7", "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4")
    late = with_pauses(voice, tmp_path / "late.mp4", "3", *film, "-c:a", "aac")

    inspection = inspect(late)
    mastered = master(late, inspection, tmp_path)

    assert abs(inspection.duration_ms - 7000) <= 50
    assert inspection.notes == ()
    sound = np.abs(decode(mastered.mp3_path)[:, 0].astype(float))
    assert abs(np.argmax(sound > 500) / 44_100 - 3) < 0.05


def test_times_that_jump_by_hours_are_not_believed(voice: Path, tmp_path: Path) -> None:
    wild = with_pauses(voice, tmp_path / "wild.webm", "if(gt(T,2),7200,0)", "-c:a", "libopus")

    inspection = inspect(wild)

    assert abs(inspection.duration_ms - 4000) <= 50
    assert inspection.notes == (
        "The file says that it is longer, by 120 min 0 s, than the sound that is in it. "
        "Please listen whether something is missing.",
    )


def test_times_that_step_back_lose_no_sound(voice: Path, tmp_path: Path) -> None:
    once = convert(voice, tmp_path / "once.webm", "-c:a", "libopus").read_bytes()
    twice = tmp_path / "twice.webm"
    twice.write_bytes(once + once)  # as a recorder writes that was stopped and started again

    assert abs(inspect(twice).duration_ms - 8000) <= 50


def test_many_pauses_are_too_long_together(voice: Path, tmp_path: Path) -> None:
    many = with_pauses(voice, tmp_path / "many.webm", "floor(T*10)*50", "-c:a", "libopus")

    with pytest.raises(RecordingRefused) as refused:
        inspect(many, longest_ms=60_000)

    assert refused.value.code == Refusal.TOO_LONG


def test_a_film_longer_than_its_sound_is_not_called_unreadable(voice: Path, tmp_path: Path) -> None:
    film = ("-f", "lavfi", "-i", "testsrc=s=64x64:d=9", "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4")

    notes = inspect(convert(voice, tmp_path / "film.mp4", *film, "-c:a", "aac")).notes

    assert len(notes) == 1
    assert notes[0].startswith("The file says that it is longer, by 5 s,")


@pytest.mark.parametrize(
    ("name", "seconds", "arguments"),
    [
        ("x.aac", 30, ("-c:a", "aac")),
        ("x.mp3", 30, BARE),
        ("x.mka", 600, ("-c:a", "flac", "-live", "1")),  # it must last longer than half a second of work
    ],
)
def test_a_file_that_declares_no_length_is_followed_all_the_same(
    name: str, seconds: int, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    long = generate(f"sine=d={seconds}:r=48000", tmp_path / name, *arguments)
    seen: list[float] = []

    inspect(long, report=seen.append)

    assert seen
    assert seen == sorted(seen)
    assert 0.1 < seen[-1] <= 1


def test_where_no_length_is_known_the_place_in_the_file_tells(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(1000))
    seen: list[float] = []
    progress = Progress(None, seen.append, path, looked_at_s=-1)
    with path.open("rb", buffering=0) as file:
        file.seek(250)
        progress.on_tick(os.getpid())
        progress.on_tick(os.getpid())  # half a second has not passed

    assert seen == [0.25]
    assert share_read(os.getpid(), path) == 0.0
