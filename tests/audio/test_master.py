"""Loudness, peaks and channels of what listeners get, measured on the MP3 as decoded."""

from pathlib import Path

import numpy as np
import pytest

from app.audio.errors import Cancelled, ChildFailed, RecordingRefused, Refusal
from app.audio.master import Mastered, MasterSettings, master
from app.audio.probe import Sound, inspect
from tests.audio.sounds import decode, make_voice, write_wav

SECONDS = 8


def _master(tmp_path: Path, *channels: np.ndarray, settings: MasterSettings | None = None) -> Mastered:
    source = write_wav(tmp_path / "source.wav", *channels)
    folder = tmp_path / "out"
    folder.mkdir()
    return master(source, inspect(source), folder, settings=settings)


def _bursts() -> np.ndarray:
    """A quiet voice with a clap near full scale each second."""
    sound = make_voice(SECONDS, level_db=-17)
    random = np.random.default_rng(5)
    for second in range(SECONDS):
        start = second * 44_100 + 7000
        sound[start : start + 300] += random.uniform(-0.9, 0.9, 300) * np.linspace(1, 0, 300)
    return sound


SOUNDS = {
    "quiet": (make_voice(SECONDS, level_db=-20),),
    "loud": (np.clip(make_voice(SECONDS, level_db=6), -1, 1),),
    "stereo": (make_voice(SECONDS), make_voice(SECONDS, seed=2) * 0.6),
    "quiet stereo": (make_voice(SECONDS, level_db=-19), make_voice(SECONDS, seed=3, level_db=-21)),
    "bursts": (_bursts(),),
    "bursts in stereo": (_bursts(), make_voice(SECONDS, seed=4, level_db=-18)),
    "noise": (np.random.default_rng(1).uniform(-0.2, 0.2, SECONDS * 44_100),),
    "square": (np.sign(np.sin(np.arange(SECONDS * 44_100) * 0.09)) * 0.9,),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_every_recording_comes_out_at_the_same_loudness_below_the_ceiling(name: str, tmp_path: Path) -> None:
    channels = SOUNDS[name]

    mastered = _master(tmp_path, *channels)

    target_lufs = -16 if len(channels) == 2 else -19
    assert mastered.channels == len(channels)
    assert mastered.bit_rate_bps == (128_000 if len(channels) == 2 else 96_000)
    assert abs(mastered.loudness_lufs - target_lufs) <= 0.5
    assert mastered.true_peak_dbtp <= -1.0
    assert mastered.passes <= 3
    assert mastered.notes == ()


def test_a_long_recording_that_is_rehearsed_in_parts_is_right_at_once(tmp_path: Path) -> None:
    mastered = _master(tmp_path, np.tile(_bursts(), 17))

    assert mastered.duration_ms > 120_000
    assert abs(mastered.loudness_lufs + 19) <= 0.5
    assert mastered.passes <= 2


def test_an_easy_stereo_recording_is_right_at_once_and_stays_stereo(tmp_path: Path) -> None:
    tones = [0.1 * np.sin(np.arange(SECONDS * 44_100) * step) for step in (0.06, 0.09)]

    mastered = _master(tmp_path, *tones)

    assert mastered.passes == 1
    left, right = decode(mastered.mp3_path).astype(float).T
    assert np.abs(left - right).max() > 1000


@pytest.mark.parametrize(
    ("left", "right", "sound"),
    [(1.0, 1.0, Sound.SAME_ON_BOTH), (1.0, 0.0, Sound.LEFT_ONLY), (0.0, 1.0, Sound.RIGHT_ONLY)],
)
def test_stereo_with_one_voice_becomes_mono(left: float, right: float, sound: Sound, tmp_path: Path) -> None:
    voice = make_voice(SECONDS)
    source = write_wav(tmp_path / "source.wav", voice * left, voice * right)
    folder = tmp_path / "out"
    folder.mkdir()

    inspection = inspect(source)
    mastered = master(source, inspection, folder)

    assert inspection.sound == sound
    assert mastered.channels == 1
    assert abs(mastered.loudness_lufs + 19) <= 0.5


@pytest.mark.parametrize(
    ("left", "right", "sound"),
    [
        (1.0, -1.0, Sound.CANCELLING_LEFT),
        (1.0, -0.9, Sound.CANCELLING_LEFT),
        (-0.7, 1.0, Sound.CANCELLING_RIGHT),
    ],
)
def test_channels_that_cancel_each_other_leave_the_louder_one(
    left: float, right: float, sound: Sound, tmp_path: Path
) -> None:
    voice = make_voice(SECONDS)
    source = write_wav(tmp_path / "source.wav", voice * left, voice * right)
    alone = inspect(write_wav(tmp_path / "alone.wav", voice))

    inspection = inspect(source)
    mastered = master(source, inspection, tmp_path)

    assert inspection.sound == sound
    assert inspection.notes[0].startswith("The two channels cancelled each other")
    assert abs(inspection.loudness_lufs - alone.loudness_lufs) < 0.3
    assert (mastered.channels, mastered.notes) == (1, ())
    assert abs(mastered.loudness_lufs + 19) <= 0.5
    assert np.abs(decode(mastered.speech_path).astype(float)).max() > 3000


def test_two_voices_far_apart_stay_stereo(tmp_path: Path) -> None:
    inspection = inspect(
        write_wav(tmp_path / "x.wav", make_voice(SECONDS), make_voice(SECONDS, seed=3, level_db=-18))
    )

    assert (inspection.sound, inspection.notes) == (Sound.STEREO, ())


def test_the_limiter_and_the_encoder_do_not_move_the_sound_in_time(tmp_path: Path) -> None:
    click = np.zeros(3 * 44_100)
    click[44_100:44_500] = 0.8 * np.sin(np.arange(400) * 0.3)
    mastered = _master(tmp_path, click + make_voice(3, level_db=-50))

    samples = np.abs(decode(mastered.mp3_path)[:, 0].astype(float))
    speech = np.abs(decode(mastered.speech_path)[:, 0].astype(float))

    assert abs(np.argmax(samples > samples.max() / 4) / 44_100 - 1.0) < 0.01
    assert abs(np.argmax(speech > speech.max() / 4) / 16_000 - 1.0) < 0.01


def test_gain_ends_at_twenty_decibels_with_a_note(tmp_path: Path) -> None:
    mastered = _master(tmp_path, make_voice(SECONDS, level_db=-38))

    assert mastered.gain_db == 20
    assert mastered.loudness_lufs < -20
    assert "very quiet" in mastered.notes[0]


@pytest.mark.parametrize("sound", [np.zeros(3 * 44_100), make_voice(3, level_db=-66)])
def test_near_silence_is_refused_in_words(sound: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(RecordingRefused) as refused:
        _master(tmp_path, sound)

    assert refused.value.code == Refusal.SILENT
    assert "microphone" in refused.value.reason


def test_the_mp3_has_a_constant_bit_rate_and_its_gap_header(tmp_path: Path) -> None:
    mastered = _master(tmp_path, make_voice(3), settings=MasterSettings(mono_bit_rate_bps=64_000))

    data = mastered.mp3_path.read_bytes()

    assert data[:2] == b"\xff\xfb"
    assert b"Info" in data[:64]  # Xing would say: variable
    assert b"LAME" in data[:256]
    assert abs(len(data) * 8 / mastered.duration_ms * 1000 - 64_000) < 2_500


def test_mastering_twice_gives_the_same_bytes_and_rising_progress(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "source.wav", make_voice(4))
    inspection = inspect(source)
    seen: list[float] = []

    first = master(source, inspection, tmp_path, report=seen.append)
    bytes_of_first = first.mp3_path.read_bytes(), first.speech_path.read_bytes()
    second = master(source, inspection, tmp_path)

    assert bytes_of_first == (second.mp3_path.read_bytes(), second.speech_path.read_bytes())
    assert first == second
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_cancelled_mastering_stops(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "source.wav", make_voice(4))
    inspection = inspect(source)

    with pytest.raises(Cancelled):
        master(source, inspection, tmp_path, cancelled=lambda: True)


def test_a_place_that_cannot_be_written_is_a_failed_child_and_not_the_recordings_fault(
    tmp_path: Path,
) -> None:
    source = write_wav(tmp_path / "source.wav", make_voice(2))
    inspection = inspect(source)
    (tmp_path / "recording.pass.mp3").mkdir()

    with pytest.raises(ChildFailed) as failed:
        master(source, inspection, tmp_path)

    assert "recording.pass.mp3" in failed.value.last_words
