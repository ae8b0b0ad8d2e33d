from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transcription.clips import LONGEST_CLIP, Clip, pack, uncovered, whole
from transcription.speech_file import RATE_HZ

SECOND = RATE_HZ


@st.composite
def spans(draw):
    found, at = [], 0
    for pause, length in draw(
        st.lists(st.tuples(st.integers(1, 200_000), st.integers(1, 900_000)), max_size=8)
    ):
        found.append((at + pause, at + pause + length))
        at += pause + length
    return found, at + draw(st.integers(0, 100_000))


@given(spans())
def test_clips_hold_all_speech_in_order_and_fit(speech_and_total):
    speech, total = speech_and_total
    clips = pack(speech, total)

    pieces = [piece for clip in clips for piece in clip.pieces]
    assert all(clip.length <= LONGEST_CLIP for clip in clips)
    assert all(0 <= start < end <= total for start, end in pieces)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(pieces))
    assert uncovered(speech, pieces, 0) == []


def test_speech_that_fits_is_one_clip():
    assert len(pack([(0, 5 * SECOND), (6 * SECOND, 20 * SECOND)], 25 * SECOND)) == 1


def test_clips_are_cut_at_the_longest_pause_that_needs_no_more_clips():
    speech = [(0, 14 * SECOND), (int(14.2 * SECOND), 25 * SECOND), (26 * SECOND, 40 * SECOND)]

    first, second = pack(speech, 40 * SECOND)

    assert first.pieces[-1][1] < 26 * SECOND
    assert second.pieces[0][0] > 25 * SECOND


def test_long_silence_is_left_out_of_a_clip():
    (clip,) = pack([(0, 5 * SECOND), (15 * SECOND, 20 * SECOND)], 25 * SECOND)

    assert clip.length < 11 * SECOND


@given(spans())
def test_every_place_in_a_clip_is_found_again_in_the_window(speech_and_total):
    speech, total = speech_and_total
    window = np.arange(total)

    for clip in pack(speech, total):
        heard = clip.samples(window)
        for position in {0, clip.length // 3, clip.length // 2, clip.length - 1}:
            assert abs(clip.place(position) - heard[position]) <= 1 or clip.place(position) in {
                end for _, end in clip.pieces
            }


def test_positions_outside_a_clip_are_pulled_in():
    clip = Clip(((100, 200), (300, 400)))

    assert [clip.place(position) for position in (-5, 0, 150, 199, 999)] == [100, 100, 350, 399, 400]


def test_uncovered_speech_is_what_no_word_touches():
    speech = [(0, 100), (200, 300), (400, 450)]
    words = [(10, 30), (90, 110), (250, 260)]

    assert uncovered(speech, words, 20) == [(30, 90), (200, 250), (260, 300), (400, 450)]
    assert uncovered(speech, [], 60) == [(0, 100), (200, 300)]


def test_all_speech_is_one_clip_with_its_pauses_where_somebody_else_cuts():
    speech = [(0, 40 * RATE_HZ), (42 * RATE_HZ, 50 * RATE_HZ), (80 * RATE_HZ, 90 * RATE_HZ)]
    (clip,) = whole(speech, 100 * RATE_HZ)

    assert len(clip.pieces) == 2
    assert clip.pieces[0][0] == 0
    assert 50 * RATE_HZ <= clip.pieces[0][1] < clip.pieces[1][0] <= 80 * RATE_HZ
