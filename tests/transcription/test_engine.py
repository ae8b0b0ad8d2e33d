"""Every engine with real weights, on real speech and on sounds in which nobody speaks.

The default and the remote engine always, openai-whisper where `--with openai` asks for it.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.transcription.conftest import GAP_MS, soundless, speech_file
from transcription.errors import EngineError, UnknownEngineError
from transcription.faster_whisper import FasterWhisper
from transcription.quality import word_errors
from transcription.speech_file import RATE_HZ, read_speech
from transcription.transcriber import DEFAULT_ENGINE, REMOTE_ENGINE, load_engine, why_not_here
from transcription.windows import join, language_places, plan_windows

SOUNDLESS = ["silence", "white noise", "brown noise", "hum", "chords"]


@pytest.fixture(scope="module")
def heard(engine, chapter):
    return engine.transcribe(chapter[0], language="en")


def text_of(segments):
    return " ".join(segment.text for segment in segments)


def test_speech_is_heard_nearly_word_for_word(heard, chapter):
    assert word_errors(chapter[1], text_of(heard)).rate < 0.05


def test_words_have_times_where_they_were_said(heard, readings):
    words = [word for segment in heard for word in segment.words]
    begins = 0
    for sound, text in readings:
        ends = begins + sound.size * 1000 // RATE_HZ
        said = [word for word in words if begins - 100 <= word.start_ms and word.end_ms <= ends + GAP_MS // 2]

        assert word_errors(text, "".join(word.text for word in said)).rate < 0.25
        begins = ends + GAP_MS
    assert all(earlier.end_ms <= later.start_ms for earlier, later in pairwise(words))


@pytest.mark.parametrize("kind", SOUNDLESS)
def test_nothing_is_invented_where_nobody_speaks(engine, kind):
    assert engine.transcribe(soundless(kind), language="en") == ()


def test_nothing_is_invented_around_speech(engine, readings):
    sound, text = readings[0]
    noise = soundless("white noise", seconds=10) / 50
    window = np.concatenate([noise, sound, noise])

    heard = engine.transcribe(window, language="en")

    assert word_errors(text, text_of(heard)).inserted <= 1
    assert 9_500 <= heard[0].start_ms <= 10_800
    assert heard[-1].end_ms <= 10_500 + sound.size * 1000 // RATE_HZ


@pytest.mark.parametrize("size", [0, 1, 511, 512, 3999, 4001])
def test_a_window_of_hardly_any_sound_has_no_words(engine, size):
    assert engine.transcribe(np.zeros(size, np.float32), language="en") == ()


def test_careful_decoding_hears_the_same_story(local_engine, readings):
    sound, text = readings[0]

    assert (
        word_errors(text, text_of(local_engine.transcribe(sound, language="en", accurate=True))).rate < 0.15
    )


def test_the_language_is_recognised(engine, chapter):
    language, probability = engine.detect_language([chapter[0][: 8 * RATE_HZ], chapter[0][8 * RATE_HZ :]])

    assert language == "en"
    assert 0.8 < probability <= 1


def test_silence_has_no_language_of_its_own(engine):
    assert engine.detect_language([soundless("silence", seconds=5)]) == ("en", 0.0)
    assert engine.detect_language([]) == ("en", 0.0)


def test_a_recording_in_windows_is_one_story(default_engine, chapter, tmp_path: Path):
    samples, text = chapter
    path = speech_file(tmp_path / "speech.wav", samples)
    duration_ms = samples.size * 1000 // RATE_HZ
    levels = [
        20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-6)
        for part in np.split(samples[: samples.size // 1600 * 1600], samples.size // 1600)
    ]
    windows = plan_windows(levels, 100, duration_ms, longest_ms=15_000)
    language, _ = default_engine.detect_language(
        [read_speech(path, *place) for place in language_places(duration_ms)]
    )

    with ThreadPoolExecutor(2) as slots:
        results = list(
            slots.map(
                lambda window: default_engine.transcribe(
                    read_speech(path, window.start_ms, window.end_ms), language=language
                ),
                windows,
            )
        )
    transcript = join(windows, results, duration_ms, language)

    assert len(windows) > 1
    assert word_errors(text, text_of(transcript.segments)).rate < 0.08
    assert 4 <= len(transcript.segments) <= 8


def test_calls_at_the_same_time_hear_what_each_hears_alone(local_engine, readings):
    sounds = sorted((sound for sound, _ in readings), key=len)[:3]
    together = threading.Barrier(len(sounds))

    def call(sound):
        together.wait(timeout=30)
        return local_engine.transcribe(sound, language="en")

    with ThreadPoolExecutor(len(sounds)) as callers:
        at_once = list(callers.map(call, sounds))

    assert at_once == [local_engine.transcribe(sound, language="en") for sound in sounds]


def test_an_engine_on_this_machine_says_what_it_is(local_engine):
    assert local_engine.name == "Whisper base"


def test_the_remote_engine_says_that_it_is_elsewhere(engines):
    assert engines(REMOTE_ENGINE).name == "whisper-1, on another server"


def test_an_engine_is_not_loaded_before_it_is_used(local_engine, tmp_path):
    names = {FasterWhisper: DEFAULT_ENGINE}
    engine = load_engine(names.get(type(local_engine), "openai-whisper"), tmp_path / "nowhere", model="small")

    assert engine.name == "Whisper small"
    with pytest.raises(EngineError, match="nowhere"):
        engine.transcribe(soundless("silence", seconds=1) + 0.1, language="en") or engine.detect_language(
            [soundless("silence", seconds=1)]
        )


def test_an_unknown_engine_is_refused_by_name(tmp_path):
    with pytest.raises(UnknownEngineError, match="no-such"):
        load_engine("no-such", tmp_path)


def test_what_an_engine_needs_is_said_before_it_is_used():
    assert why_not_here(DEFAULT_ENGINE) == why_not_here(REMOTE_ENGINE) == ""
    assert (why_not_here("openai-whisper") == "") is all(
        find_spec(name) is not None for name in ("whisper", "torch", "numba", "tiktoken")
    )
