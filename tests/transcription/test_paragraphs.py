from hypothesis import given

from tests.transcription.making import make_segment, transcripts
from transcription.paragraphs import LONGEST_MS, MOST_SENTENCES, PAUSE_MS, paragraphs


def sizes(segments):
    return [len(paragraph) for paragraph in paragraphs(segments)]


@given(transcripts())
def test_paragraphs_join_up_to_what_was_said(transcript):
    grouped = paragraphs(transcript.segments)

    assert tuple(segment for paragraph in grouped for segment in paragraph) == transcript.segments
    assert all(len({segment.speaker for segment in paragraph}) == 1 for paragraph in grouped)


def test_another_speaker_begins_a_paragraph():
    said = [make_segment("Hello.", speaker="Anna"), make_segment("Hello.", start_ms=400, speaker="Ben")]

    assert sizes(said) == [1, 1]


def test_a_paragraph_is_not_endless():
    short = [make_segment("Yes it is.", start_ms=1000 * number) for number in range(14)]
    slow = [make_segment("Yes.", start_ms=40_000 * number) for number in range(4)]

    assert sizes(short) == [MOST_SENTENCES, MOST_SENTENCES, 2]
    assert all(p[-1].end_ms - p[0].start_ms <= LONGEST_MS for p in paragraphs(slow))


def test_a_pause_begins_a_paragraph_unless_it_would_leave_one_sentence_alone():
    at = [0, 1000, 1300 + PAUSE_MS, 3200 + 2 * PAUSE_MS]
    said = [make_segment("Yes.", start_ms=start) for start in at]

    assert sizes(said) == [2, 2]
