"""Every format that we say we take goes the whole way, through the real sandbox."""

import wave
from pathlib import Path

import numpy as np
import pytest

from app.audio.errors import RecordingRefused, Refusal
from app.audio.master import master
from app.audio.probe import inspect
from tests.audio.sounds import FORMATS, convert, decode, make_format, make_voice, write_wav

CANARIES = (b"51.5007", b"Canary Author", b"Canary Phone 12", b"canary comment", b"Canary Chapter")


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    left, right = make_voice(3), make_voice(3, seed=2) * 0.7
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", left, right)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_becomes_an_mp3_and_a_speech_file_of_the_same_length(
    name: str, voice: Path, tmp_path: Path
) -> None:
    source = make_format(name, voice, tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()

    inspection = inspect(source)
    mastered = master(source, inspection, folder)

    assert not inspection.damaged
    assert abs(inspection.duration_ms - 3000) < 150  # some formats fill their last frame
    assert abs(mastered.duration_ms - inspection.duration_ms) <= 50
    samples = decode(mastered.mp3_path)
    assert abs(len(samples) * 1000 / mastered.sample_rate_hz - inspection.duration_ms) <= 50
    assert samples.shape[1] == mastered.channels
    with wave.open(str(mastered.speech_path)) as speech:
        assert speech.getparams()[:3] == (1, 2, 16_000)
        assert abs(speech.getnframes() / 16 - inspection.duration_ms) <= 50
        data_bytes = 2 * speech.getnframes()
    assert mastered.speech_path.stat().st_size == 44 + data_bytes
    assert mastered.speech_path.read_bytes()[36:40] == b"data"


def test_nothing_of_the_source_but_its_sound_is_in_what_we_write(voice: Path, tmp_path: Path) -> None:
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=Canary Chapter\n")
    source = convert(
        voice,
        tmp_path / "phone.mov",
        *("-i", str(chapters), "-map_chapters", "1", "-c:a", "aac", "-movflags", "use_metadata_tags"),
        *("-metadata", "location=+51.5007-000.1246/", "-metadata", "artist=Canary Author"),
        *("-metadata", "com.apple.quicktime.model=Canary Phone 12", "-metadata", "comment=canary comment"),
    )
    folder = tmp_path / "out"
    folder.mkdir()
    assert all(canary in source.read_bytes() for canary in CANARIES)

    mastered = master(source, inspect(source), folder)

    written = mastered.mp3_path.read_bytes() + mastered.speech_path.read_bytes()
    assert [canary for canary in CANARIES if canary in written] == []


def test_amr_in_wide_band_is_heard(tmp_path: Path) -> None:
    """Frames of 23.85 kb/s (RFC 4867, 5.3) whose bits are noise sound as noise; no encoder is at hand."""
    path = tmp_path / "wide.amr"
    noise = np.random.default_rng(1)
    path.write_bytes(b"#!AMR-WB\n" + b"".join(b"\x44" + noise.bytes(60) for _ in range(100)))

    inspection = inspect(path)
    mastered = master(path, inspection, tmp_path)

    assert (inspection.codec, inspection.sample_rate_hz) == ("amr_wb", 16_000)
    assert (inspection.duration_ms, inspection.damaged) == (2000, False)
    assert abs(mastered.duration_ms - 2000) <= 50


def test_a_recording_of_little_more_than_a_second_is_taken(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", make_voice(1.2), make_voice(1.2, seed=2))

    mastered = master(short, inspect(short), tmp_path)

    assert abs(mastered.duration_ms - 1200) <= 50
    assert len(mastered.waveform) == 120


@pytest.mark.parametrize("name", ["ogg vorbis", "opus"])
def test_an_ogg_without_its_end_mark_is_said_to_be_cut_off(name: str, voice: Path, tmp_path: Path) -> None:
    whole = make_format(name, voice, tmp_path)
    cut = tmp_path / "cut.ogg"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])

    inspection = inspect(cut)

    assert not inspect(whole).damaged
    assert inspection.damaged
    assert "may have been cut off" in inspection.notes[0]
    assert 1000 < inspection.duration_ms < 2900


def test_a_film_without_sound_is_refused(tmp_path: Path, voice: Path) -> None:
    film = convert(voice, tmp_path / "film.mp4", "-f", "lavfi", "-i", "testsrc=s=64x64:d=2", "-an")

    with pytest.raises(RecordingRefused) as refused:
        inspect(film)

    assert refused.value.code == Refusal.NOT_AUDIO
    assert refused.value.reason == "The file has no sound in it."


def test_a_recording_cut_off_at_its_end_is_kept_and_said_to_be_damaged(tmp_path: Path, voice: Path) -> None:
    whole = convert(voice, tmp_path / "whole.m4a", "-c:a", "aac", "-movflags", "+faststart")
    cut = tmp_path / "cut.m4a"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])

    inspection = inspect(cut)

    assert inspection.damaged
    assert 1000 < inspection.duration_ms < 2900
    assert "could not be read" in inspection.notes[0]


def test_of_several_sound_tracks_the_first_is_taken(tmp_path: Path, voice: Path) -> None:
    both = convert(voice, tmp_path / "two.mp4", "-map", "0:a", "-map", "0:a", "-c:a", "aac")

    inspection = inspect(both)

    assert inspection.notes == ("The file has 2 sound tracks. The first one was taken.",)


def test_a_file_of_many_tracks_is_refused(tmp_path: Path, voice: Path) -> None:
    many = convert(voice, tmp_path / "many.mp4", *("-map", "0:a") * 9, "-c:a", "aac")

    with pytest.raises(RecordingRefused) as refused:
        inspect(many)

    assert refused.value.code == Refusal.SEVERAL
