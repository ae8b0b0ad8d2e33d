import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.making import make_segment, make_transcript, make_words, texts, transcripts
from transcription.sentences import LONG_PAUSE_MS, MOST_WORDS, resegment, timed_words, with_text
from transcription.transcript import Segment, Word, segment_of, spelled


def cut(text, **options):
    transcript = make_transcript(segment_of(make_words(text, **options)))
    return [sentence.text for sentence in resegment(transcript).segments]


def test_sentences_end_where_they_end():
    assert cut("We begin. Are you well? Yes! “It is done.” Then we go…") == [
        "We begin.",
        "Are you well?",
        "Yes!",
        "“It is done.”",
        "Then we go…",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Mrs. Jones met St. Mary.",
        "Use rest, e.g. Sleep, and water.",
        "It was 3.5 per cent of No. 5 today.",
        "The nurse, J. Carter, came.",
        "It costs .5 of a pound.",
        "He said approx. Ten of them.",
    ],
)
def test_a_full_stop_that_ends_nothing_does_not_cut(sentence):
    assert cut(sentence) == [sentence]


def test_no_and_i_end_a_sentence_like_other_words():
    assert cut("So did I. She said no. Then we went.") == ["So did I.", "She said no.", "Then we went."]


def test_a_long_pause_ends_a_sentence_without_a_full_stop():
    assert cut("and then so it was", pauses={2: LONG_PAUSE_MS}) == ["and then", "so it was"]


def test_endless_speech_is_cut_at_its_longest_pause():
    said = cut(" ".join(f"word{number}" for number in range(100)), pauses={30: 900, 60: 900})

    assert [len(sentence.split()) for sentence in said[:2]] == [30, 30]
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in said)


@pytest.mark.parametrize("count", [41, 59, 100])
def test_endless_speech_without_a_pause_is_cut_too(count):
    said = cut(" ".join(["word"] * count))

    assert sum(len(sentence.split()) for sentence in said) == count
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in said)


def test_a_sentence_may_run_across_segments_but_not_across_speakers():
    transcript = make_transcript(
        make_segment("We came to", speaker="Anna"),
        make_segment("the house. And", start_ms=2000, speaker="Anna"),
        make_segment("then?", start_ms=4000, speaker="Ben"),
    )

    said = [(sentence.speaker, sentence.text) for sentence in resegment(transcript).segments]
    assert said == [("Anna", "We came to the house."), ("Anna", "And"), ("Ben", "then?")]


def test_sentences_of_a_script_without_spaces_are_found():
    words = make_words("今日は 天気 が いい。 散歩 しよう。")
    unspaced = tuple(type(word)(word.start_ms, word.end_ms, word.text.strip(), 0.9) for word in words)

    said = [sentence.text for sentence in resegment(make_transcript(segment_of(unspaced))).segments]
    assert said == ["今日は天気がいい。", "散歩しよう。"]


@given(transcripts())
def test_no_word_is_lost_or_made_by_cutting(transcript):
    before = "".join(segment.text for segment in transcript.segments).split()
    after = "".join(segment.text for segment in resegment(transcript).segments).split()

    assert "".join(after) == "".join(before)


@given(transcripts())
def test_cutting_twice_changes_nothing(transcript):
    once = resegment(transcript)

    assert resegment(once) == once


def test_a_corrected_word_keeps_the_times_of_the_others():
    segment = make_segment("He made a confusion of it.")
    corrected = with_text(segment, "He made a confession of it.")

    assert corrected.text == "He made a confession of it."
    assert [(w.start_ms, w.end_ms) for w in corrected.words] == [
        (w.start_ms, w.end_ms) for w in segment.words
    ]
    assert [w.probability for w in corrected.words] == [0.9, 0.9, 0.9, 1.0, 0.9, 0.9]


def test_a_sentence_typed_in_a_script_without_spaces_begins_without_one():
    words = with_text(Segment(0, 900, "好"), "好的").words

    assert [word.text for word in words] == ["好", "的"]


def test_added_words_share_the_time_between_their_neighbours():
    segment = segment_of(make_words("shop boy again", pauses={2: 600}))
    corrected = with_text(segment, "shop boy once and again")

    assert [word.start_ms for word in corrected.words] == [0, 300, 600, 933, 1200]
    assert corrected.words[-1].end_ms == segment.end_ms


def test_words_added_between_words_that_overlap_have_a_time():
    segment = segment_of((Word(0, 500, " one", 0.9), Word(300, 600, " two", 0.9)))

    assert [word.start_ms for word in with_text(segment, "one and two").words] == [0, 300, 300]


@given(transcripts(), texts)
def test_any_correction_fits_the_time_of_its_sentence(transcript, text):
    for segment in resegment(transcript).segments:
        corrected = with_text(segment, text)

        assert (corrected.start_ms, corrected.end_ms) == (segment.start_ms, segment.end_ms)
        assert corrected.text == " ".join(text.split()) == spelled(corrected.words)


@given(st.integers(0, 10_000), texts)
def test_a_segment_without_words_has_its_text_spread_over_it(length_ms, text):
    words = timed_words(Segment(100, 100 + length_ms, text))

    assert spelled(words) == " ".join(text.split())
    assert all(100 <= word.start_ms <= word.end_ms <= 100 + length_ms for word in words)
