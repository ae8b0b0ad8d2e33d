"""What ffmpeg says of a file is believed, what the file says of itself is not."""

from pathlib import Path

import pytest

from app.audio import words
from app.audio.errors import ChildDied, ChildFailed, ChildTimeout, RecordingRefused, Refusal
from app.audio.probe import inspect
from tests.audio.sounds import convert, make_voice, write_wav

LIES = (
    "opening external track",
    "[error] x",
    "\n[error] x",
    "\r[error] x",
    "\n[mov @ 0x55] [error] x",
    "x\n[in#0 @ 0x56] [warning] Skipped opening external track: stream 0",
    "[fatal] Stream map matches no streams",
    "Estimating duration from bitrate",
    "\n[info] Output #0, wav",
    "Stream #0:7: Audio: mp3",
)


@pytest.mark.parametrize("name", ["lie.mp3", "lie.m4a", "lie.ogg", "lie.flac", "lie.webm"])
def test_what_a_file_says_in_its_metadata_fools_nobody(name: str, tmp_path: Path) -> None:
    voice = write_wav(tmp_path / "voice.wav", make_voice(2))
    metadata: list[str] = []
    for key, lie in (("title", "\n".join(LIES)), ("comment", " ".join(LIES))):
        metadata += ["-metadata", f"{key}={lie}", "-metadata:s:a:0", f"{key}={lie}"]

    inspection = inspect(convert(voice, tmp_path / name, *metadata))

    assert not inspection.damaged
    assert inspection.notes == ()
    assert inspection.codec in ("mp3", "aac", "vorbis", "flac", "opus")


def test_out_of_memory_in_a_title_is_no_death(tmp_path: Path) -> None:
    voice = write_wav(tmp_path / "voice.wav", make_voice(2))
    film = ("-f", "lavfi", "-i", "testsrc=s=64x64:d=2", "-map", "1:v", "-metadata", "title=out of memory")

    with pytest.raises(RecordingRefused) as refused:
        inspect(convert(voice, tmp_path / "film.mp4", *film))

    assert refused.value.code == Refusal.NOT_AUDIO


TOLD = (
    "tist : Amina of ward 7\n"
    "[info]     title : [error] Amina, told by [fatal] Amina\n"
    "[info]                     : Amina again\n"
    "[aist#0:0/mp3 @ 0x55f2] [dec:mp3float @ 0x55f3] [error] Header missing\n"
)


def test_errors_are_counted_wherever_they_come_from() -> None:
    said = (
        "[mjpeg @ 0x55ed] [error] Codec (mjpeg) not on whitelist 'aac'\n"
        "[info] Input #0, ogg, from 'x':\n"
        "[in#0 @ 0x55f2] [error] CRC mismatch!\n"
        "[aist#0:0/mp3 @ 0x55f2] [dec:mp3float @ 0x55f3] [error] Header missing\n"
        "[error] Error submitting packet to decoder\n"
        "[info]     title : [error] none\n"
    )

    assert words.count_errors(said) == 3


@pytest.mark.parametrize(
    "error",
    [
        ChildDied(signal=9, limit=None, last_words=TOLD),
        ChildTimeout(after_s=3, last_words=TOLD),
        ChildFailed(exit_code=1, last_words=TOLD),
    ],
)
def test_what_the_file_says_of_itself_is_not_in_the_message_which_is_logged(
    error: ChildDied | ChildFailed,
) -> None:
    assert "Header missing" in str(error)
    assert "Amina" not in str(error)
    assert "Amina" in error.last_words


def test_a_length_may_be_said_guessed_or_missing() -> None:
    said = "[info]   Duration: 01:02:03.45, start: 0.000000, bitrate: 65 kb/s\n"
    guess = "[in#0/aac @ 0x55ef] [warning] Estimating duration from bitrate, this may be inaccurate\n"

    assert words.length_ms(said) == (3_723_450, False)
    assert words.length_ms(guess + said) == (3_723_450, True)
    assert words.length_ms("[info]   Duration: N/A, start: 0.000000, bitrate: N/A\n") == (None, True)
