from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.making import make_segment, make_words
from transcription.transcript import Segment, Word, segment_of
from transcription.windows import LONGEST_MS, Window, join, language_places, plan_windows

levels = st.lists(st.floats(-120, 0) | st.just(float("-inf")), max_size=400)


@given(levels, st.integers(10, 5000), st.integers(0, 30_000_000))
def test_windows_cover_everything_once(levels_dbfs, step_ms, duration_ms):
    windows = plan_windows(levels_dbfs, step_ms, duration_ms)

    assert [window.index for window in windows] == list(range(len(windows)))
    assert sum(window.end_ms - window.start_ms for window in windows) == duration_ms
    assert all(earlier.end_ms == later.start_ms for earlier, later in pairwise(windows))
    assert all(0 < window.end_ms - window.start_ms <= LONGEST_MS for window in windows)


@given(levels, st.integers(10, 5000), st.integers(LONGEST_MS + 1, 30_000_000))
def test_no_window_is_tiny(levels_dbfs, step_ms, duration_ms):
    windows = plan_windows(levels_dbfs, step_ms, duration_ms)

    assert all(window.end_ms - window.start_ms > LONGEST_MS // 3 for window in windows)


def test_windows_stay_within_the_limit_when_every_cut_is_early():
    louder_and_louder = [-100 + step / 400 for step in range(40_000)]

    windows = plan_windows(louder_and_louder, 100, 20 * (LONGEST_MS - LONGEST_MS // 14))

    assert len(windows) == 20
    assert max(window.end_ms - window.start_ms for window in windows) <= LONGEST_MS


def test_a_short_recording_is_one_window_and_an_empty_one_none():
    assert plan_windows([], 100, 5000) == (Window(0, 0, 5000),)
    assert plan_windows([], 100, 0) == ()


def test_a_window_ends_in_the_middle_of_a_pause():
    loud = [-20.0] * 2000
    loud[830:840] = [-60.0] * 10  # 83.0 to 84.0 s of 200 s
    loud[900] = -90.0  # one quiet instant inside a word

    first, _ = plan_windows(loud, 100, 180_000)

    assert 83_200 <= first.end_ms <= 83_800


@pytest.mark.parametrize("duration_ms", [90_001, 200_000, 3_600_000])
def test_the_language_is_heard_in_three_places_of_the_recording(duration_ms):
    places = language_places(duration_ms)

    assert len(places) == 3
    assert all(0 <= start < end <= duration_ms and end - start == 30_000 for start, end in places)


def test_the_language_of_a_short_recording_is_heard_in_one_place():
    assert language_places(20_000) == ((0, 20_000),)
    assert language_places(0) == ()


def test_joined_windows_have_the_times_of_the_recording():
    windows = (Window(0, 0, 10_000), Window(1, 10_000, 20_000))
    results = [(make_segment("One two.", start_ms=500),), (make_segment("Three.", start_ms=700),)]

    joined = join(windows, results, 20_000, "en")

    assert [(s.start_ms, s.end_ms, s.text) for s in joined.segments] == [
        (500, 1100, "One two."),
        (10_700, 11_000, "Three."),
    ]
    assert (joined.language, joined.duration_ms) == ("en", 20_000)


def test_a_sentence_goes_on_over_a_seam():
    windows = (Window(0, 0, 1000), Window(1, 1000, 9000))
    results = [(make_segment("We came to"),), (make_segment("the house. Then"),)]

    assert [s.text for s in join(windows, results, 9000, "en").segments] == ["We came to the house.", "Then"]


def test_a_word_cut_in_half_at_a_seam_is_kept_once():
    windows = (Window(0, 0, 900), Window(1, 900, 9000))
    results = [(make_segment("We came today"),), (make_segment("today. Then"),)]

    assert [s.text for s in join(windows, results, 9000, "en").segments] == ["We came today Then"]


def test_a_word_said_twice_away_from_the_seam_is_kept_twice():
    windows = (Window(0, 0, 1900), Window(1, 1900, 9000))
    results = [(make_segment("Yes"),), (make_segment("yes", start_ms=400),)]

    assert [s.text for s in join(windows, results, 9000, "en").segments] == ["Yes", "yes"]


def test_times_past_the_end_are_pulled_in():
    late = Segment(0, 5000, "Late.", (Word(4000, 5000, " Late.", 0.5),))

    joined = join((Window(0, 0, 4500),), [(late,)], 4500, "en")

    assert joined.segments[0].end_ms == 4500


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_joining_loses_no_word(counts):
    windows = tuple(Window(i, i * 10_000, (i + 1) * 10_000) for i in range(len(counts)))
    results = [
        (segment_of(make_words(" ".join(f"w{i}x{j}" for j in range(n)))),) if n else ()
        for i, n in enumerate(counts)
    ]

    joined = join(windows, results, 10_000 * len(counts), "en")

    assert " ".join(s.text for s in joined.segments).split() == [
        f"w{i}x{j}" for i, n in enumerate(counts) for j in range(n)
    ]
