import io
from itertools import pairwise

import numpy as np
import pytest

from tests.transcription.conftest import soundless, speech_file
from transcription.errors import SpeechFileError
from transcription.speech_file import read_speech, samples_from_pcm, slice_bytes


@pytest.fixture
def noise():
    return soundless("white noise", seconds=3)


def test_a_stretch_of_the_file_is_what_was_written_there(tmp_path, noise):
    path = speech_file(tmp_path / "speech.wav", noise)

    heard = read_speech(path, 1250, 2750)

    assert heard.dtype == np.float32
    np.testing.assert_allclose(heard, noise[20_000:44_000], atol=1 / 32768)


def test_bytes_fetched_by_range_are_the_same_samples(tmp_path, noise):
    path = speech_file(tmp_path / "speech.wav", noise)
    offset, length = slice_bytes(1250, 2750)

    fetched = samples_from_pcm(path.read_bytes()[offset : offset + length])

    np.testing.assert_array_equal(fetched, read_speech(path, 1250, 2750))


def test_windows_that_join_up_read_every_sample_once(tmp_path, noise):
    path = speech_file(tmp_path / "speech.wav", noise)
    cuts = [0, 333, 1000, 2999, 3000]

    parts = [read_speech(path, start, end) for start, end in pairwise(cuts)]

    np.testing.assert_array_equal(np.concatenate(parts), read_speech(path, 0, 3000))


def test_an_open_file_is_read_like_a_path(tmp_path, noise):
    path = speech_file(tmp_path / "speech.wav", noise)

    heard = read_speech(io.BytesIO(path.read_bytes()), 100, 200)

    np.testing.assert_array_equal(heard, read_speech(path, 100, 200))


def test_a_stretch_past_the_end_is_shorter(tmp_path, noise):
    assert read_speech(speech_file(tmp_path / "speech.wav", noise), 2900, 9000).size == 1600


@pytest.mark.parametrize("change", [slice(0, 4), slice(8, 12), slice(22, 24), slice(24, 28), slice(34, 36)])
def test_another_kind_of_file_is_refused(tmp_path, noise, change):
    data = bytearray(speech_file(tmp_path / "speech.wav", noise).read_bytes())
    data[change] = b"\x07" * len(data[change])

    with pytest.raises(SpeechFileError):
        read_speech(io.BytesIO(bytes(data)), 0, 100)


def test_a_file_cut_inside_its_header_is_refused(tmp_path):
    with pytest.raises(SpeechFileError):
        read_speech(io.BytesIO(b"RIFF"), 0, 100)
