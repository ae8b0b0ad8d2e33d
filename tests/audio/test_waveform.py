"""Pictures and levels of speech files whose loudness is known."""

from pathlib import Path

import numpy as np

from app.audio.waveform import draw
from tests.audio.sounds import write_wav


def _tone(seconds: float, amplitude: float) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 16_000)) / 16_000)


def _draw(path: Path, *sounds: np.ndarray) -> tuple[tuple[int, ...], tuple[float, ...]]:
    picture = draw(write_wav(path / "speech.wav", np.concatenate(sounds), rate_hz=16_000))
    return picture.heights, picture.levels_dbfs


def test_each_hundred_milliseconds_have_their_level(tmp_path: Path) -> None:
    _, levels = _draw(tmp_path, _tone(1, 0.5), np.zeros(16_000), _tone(0.25, 0.05))

    assert len(levels) == 23
    assert levels[:10] == (-9.0,) * 10
    assert levels[10:20] == (-100.0,) * 10
    assert levels[20:22] == (-29.0,) * 2


def test_the_picture_has_eight_hundred_heights_and_its_loudest_is_a_hundred(tmp_path: Path) -> None:
    heights, _ = _draw(tmp_path, _tone(30, 0.1), _tone(30, 0.4))

    assert len(heights) == 800
    assert set(heights[:399]) == {25}
    assert set(heights[401:]) == {100}


def test_a_short_recording_has_fewer_heights(tmp_path: Path) -> None:
    assert len(_draw(tmp_path, _tone(0.5, 0.2))[0]) == 50


def test_slices_of_a_long_recording_join_without_a_seam(tmp_path: Path) -> None:
    heights, levels = _draw(tmp_path, _tone(150, 0.3))

    assert set(heights) == {100}
    assert len(levels) == 1500
    assert set(levels) == {-13.5}


def test_silence_and_nothing_have_a_picture_too(tmp_path: Path) -> None:
    assert set(_draw(tmp_path, np.zeros(32_000))[0]) == {0}
    assert _draw(tmp_path, np.zeros(0)) == ((), ())
