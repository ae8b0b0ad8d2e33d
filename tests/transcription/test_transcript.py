import json

import pytest
from hypothesis import given

from tests.transcription.making import make_segment, make_transcript, transcripts
from transcription.errors import TranscriptError
from transcription.sentences import resegment
from transcription.transcript import Segment, Transcript, Word, clamped, from_json, shifted, to_json


@given(transcripts())
def test_a_stored_transcript_comes_back_as_it_was(transcript):
    assert from_json(to_json(transcript)) == transcript


@given(transcripts())
def test_a_transcript_with_words_comes_back_as_it_was(transcript):
    sentences = resegment(transcript)

    assert from_json(to_json(sentences)) == sentences


@pytest.mark.parametrize(
    "make",
    [
        lambda: Word(-1, 5, " a", 0.5),
        lambda: Word(5, 4, " a", 0.5),
        lambda: Word(0, 1, " a", 1.5),
        lambda: Segment(5, 4, "a"),
        lambda: Segment(0, 10, "a", (Word(5, 11, " a", 1),)),
        lambda: Segment(0, 10, "b a", (Word(5, 6, " b", 1), Word(2, 3, " a", 1))),
        lambda: Transcript("en", 9, (Segment(0, 10, "a"),)),
        lambda: Transcript("en", 90, (Segment(20, 30, "a"), Segment(0, 10, "b"))),
        lambda: Transcript("en", -1, ()),
    ],
)
def test_times_that_cannot_be_are_refused(make):
    with pytest.raises(TranscriptError):
        make()


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"version": 2}',
        b'{"version": 1}',
        b'{"version": 1, "language": "en", "duration_ms": Infinity, "segments": []}',
        b'{"version": 1, "language": "en", "duration_ms": 5, "segments": [1]}',
        b'{"version": 1, "language": "en", "duration_ms": 5, "segments": [{"start_ms": 9, "end_ms": 1}]}',
    ],
)
def test_what_is_not_a_stored_transcript_is_refused(stored):
    with pytest.raises(TranscriptError):
        from_json(stored)


def test_the_stored_form_names_its_version():
    assert json.loads(to_json(make_transcript()))["version"] == 1


def test_a_shifted_segment_keeps_its_words_in_step():
    segment = shifted(make_segment("Good morning", start_ms=100), 5000)

    assert (segment.start_ms, segment.end_ms) == (5100, 5700)
    assert [word.start_ms for word in segment.words] == [5100, 5400]


def test_a_clamped_segment_stays_inside():
    segment = clamped(make_segment("Good morning all", start_ms=100), 200, 500)

    assert (segment.start_ms, segment.end_ms) == (200, 500)
    assert [(word.start_ms, word.end_ms) for word in segment.words] == [(200, 400), (400, 500), (500, 500)]
