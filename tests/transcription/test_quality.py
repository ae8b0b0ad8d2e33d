import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.making import make_segment, make_words
from transcription.quality import (
    WordErrors,
    is_said_over_nothing,
    normalised,
    risky_words,
    without_loops,
    word_errors,
)
from transcription.transcript import Word, segment_of, spelled

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("the quick fox", "the quick fox", WordErrors(3, 0, 0, 0)),
        ("the quick fox", "The quick, FOX!", WordErrors(3, 0, 0, 0)),
        ("the quick fox", "the slow fox", WordErrors(3, 1, 0, 0)),
        ("the quick fox", "the fox", WordErrors(3, 0, 1, 0)),
        ("the quick fox", "the very quick fox", WordErrors(3, 0, 0, 1)),
        ("mister hale", "Mr. Hale", WordErrors(2, 0, 0, 0)),
        ("don't", "don’t", WordErrors(1, 0, 0, 0)),
        ("a b", "", WordErrors(2, 0, 2, 0)),
    ],
)
def test_each_kind_of_error_is_counted(reference, heard, errors):
    assert word_errors(reference, heard) == errors


def test_the_rate_is_of_the_words_that_were_said():
    assert word_errors("one two three four", "one too three").rate == 0.5
    assert word_errors("", "").rate == 0
    assert word_errors("", "you").rate == 1


@given(words, words)
def test_errors_never_depend_on_the_direction(one, other):
    there, back = word_errors(one, other), word_errors(other, one)

    assert there.substituted + there.deleted + there.inserted == (
        back.substituted + back.deleted + back.inserted
    )
    assert there.deleted - there.inserted == len(normalised(one)) - len(normalised(other))


def test_risky_words_are_those_the_engine_doubted():
    sure, unsure = Word(0, 100, " sure", 0.9), Word(100, 200, " shop", 0.2)

    assert risky_words([segment_of((sure, unsure))]) == (unsure,)


def test_a_loop_is_said_once():
    looped = "We went home " + "and then we went to the next room " * 9 + "at last."

    assert (
        spelled(tuple(without_loops(make_words(looped))))
        == "We went home and then we went to the next room at last."
    )


@pytest.mark.parametrize(
    "said",
    [
        "No, no, no, no!",
        "row row row your boat",
        "It is what it is. It is what it is.",
        "",
        "a b c d e f g h",
    ],
)
def test_what_people_repeat_stays(said):
    kept = make_words(said)

    assert without_loops(kept) == list(kept)


def test_a_chorus_in_a_text_that_is_otherwise_varied_stays():
    story = "He came in from the garden, put down his basket of pears by the window and began to sing to us: "
    kept = make_words(story + "la la la la la la la la la la. Then, quite suddenly, everybody joined him.")

    assert without_loops(kept) == list(kept)


def test_the_phrases_written_over_nothing_are_known():
    assert is_said_over_nothing(" Thank you.")
    assert is_said_over_nothing("you")
    assert not is_said_over_nothing(make_segment("Thank you for coming today.").text)
