"""Which of several passes is kept, and what is said of it; the children are played by a list of figures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.audio.master import Mastered, master
from app.audio.probe import Inspection, Sound
from app.audio.sandbox import Finished, Job
from tests.audio.sounds import write_wav

WORDS = """[Parsed_ebur128_0 @ 0x55] [info] Summary:

  Integrated loudness:
    I:         {:.1f} LUFS
    Threshold: -34.3 LUFS

  True peak:
    Peak:       {:.1f} dBFS
[Parsed_astats_1 @ 0x56] [info] Overall
[Parsed_astats_1 @ 0x56] [info] Number of samples: 441000
"""


def make_inspection(loudness_lufs: float = -30.0, peak_dbfs: float = -30.0) -> Inspection:
    return Inspection(
        container="wav", demuxer="wav", codec="pcm_s16le", duration_ms=10_000, channels=1,
        sample_rate_hz=44_100, sound=Sound.MONO, loudness_lufs=loudness_lufs, peak_dbfs=peak_dbfs,
        damaged=False,
    )  # fmt: skip


def _master(tmp_path: Path, inspection: Inspection, *figures: tuple[float, float]) -> Mastered:
    """Master with children that give these loudnesses and peaks, each MP3 holding the number of its pass."""
    left: Iterator[tuple[int, tuple[float, float]]] = iter(enumerate(figures))

    def play(job: Job, **_: object) -> Finished:
        number, (loudness_lufs, true_peak_dbtp) = next(left)
        (job.folder / "recording.pass.mp3").write_text(str(number))
        if number == 0:
            write_wav(job.folder / "speech.wav", np.zeros(160_000), rate_hz=16_000)
        return Finished(0, b"", WORDS.format(loudness_lufs, true_peak_dbtp))

    mastered = master(tmp_path / "source.wav", inspection, tmp_path, run=play)
    assert list(left) == []
    return mastered


@pytest.mark.parametrize(
    ("figures", "kept"),
    [
        ([(-19.1, -2.0)], 0),
        ([(-20.0, -2.0), (-19.2, -2.0)], 1),
        ([(-19.5, -2.0), (-19.6, -2.0), (-20.0, -2.0)], 0),
        ([(-20.0, -2.0), (-19.5, -2.0), (-18.4, -2.0)], 1),
        ([(-19.0, -0.5), (-19.6, -1.2), (-19.0, -0.9)], 1),
        ([(-19.0, -0.2), (-19.6, -0.9), (-19.0, -0.5)], 1),
    ],
)
def test_the_pass_nearest_to_the_target_that_keeps_the_peak_is_kept(
    figures: list[tuple[float, float]], kept: int, tmp_path: Path
) -> None:
    mastered = _master(tmp_path, make_inspection(), *figures)

    assert (mastered.loudness_lufs, mastered.true_peak_dbtp) == figures[kept]
    assert mastered.mp3_path.read_text() == str(kept)
    assert mastered.passes == len(figures)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recording.mp3", "speech.wav"]


def test_a_recording_with_claps_is_not_called_very_quiet(tmp_path: Path) -> None:
    mastered = _master(tmp_path, make_inspection(-21.4), (-27.0, -2.0), (-26.0, -2.0), (-25.0, -2.0))

    assert mastered.notes == (
        "The loudness is -25.0 LUFS and not -19: the loudest moments stand far above the rest.",
    )


def test_a_recording_too_quiet_for_the_most_gain_is_called_so(tmp_path: Path) -> None:
    mastered = _master(tmp_path, make_inspection(-45.0, -50.0), (-25.0, -2.0))

    assert mastered.gain_db == 20
    assert len(mastered.notes) == 1
    assert mastered.notes[0].startswith("The recording is very quiet. It was raised by 20 dB")
