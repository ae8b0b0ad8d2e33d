"""The words of a hit that the query meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.hits import Piece
from app.search.marking import mark
from app.search.query import parse


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("The nurse wrote.", "nurses", "The [nurse] wrote."),
        ("Nurse", "nurse", "[Nurse]"),
        ("Nursing nurses’ nurse's!", "nurse", "[Nursing] [nurses]’ [nurse's]!"),
        ("Safe staffing is not safe.", '"safe staffing"', "[Safe staffing] is not safe."),
        ("Safe staffing is not safe.", "safe staffing", "[Safe] [staffing] is not [safe]."),
        ("Safe -- staffing", '"safe staffing"', "[Safe -- staffing]"),
        ("safe safe safe", '"safe safe"', "[safe safe safe]"),
        ("a b a b a", '"a b a" b', "[a b a b a]"),
        ("A follow-up visit", "follow-up", "A [follow-up] visit"),
        ("A follow-up visit", "followup", "A [follow-up] visit"),
        ("A follow-up visit", "follow", "A [follow]-up visit"),
        ("A followup visit", "follow-up", "A [followup] visit"),
        ("It cost £1,000.", "1000", "It cost £[1,000]."),
        ("Nursing, nurture, nut", "nur*", "[Nursing], [nurture], nut"),
        ("The CAFÉ", "cafe", "The [CAFÉ]"),
        ("The cafe\u0301s", "cafés", "The [cafe\u0301s]"),
        ("The nurse, not the doctor", "nurse -doctor", "The [nurse], not the doctor"),
        ("<b>nurse</b> & co", "nurse", "<b>[nurse]</b> & co"),
        ("🙂🙂 nurse 🙂", "nurse", "🙂🙂 [nurse] 🙂"),
        ("医療の現場", "現場", "医療の[現場]"),
        ("שלום nurse שלום", "nurse", "שלום [nurse] שלום"),
        ("nothing here", "nurse", "nothing here"),
        ("", "nurse", ""),
    ],
)
def test_the_words_that_were_meant_are_marked(text: str, typed: str, expected: str) -> None:
    marked = "".join(
        f"[{piece.text}]" if piece.is_match else piece.text for piece in mark(text, "en", parse(typed))
    )

    assert expected == marked


@given(st.text(max_size=80), st.text(max_size=40), st.sampled_from(["en", "fr", "hi", ""]))
def test_pieces_join_to_exactly_the_text(text: str, typed: str, language: str) -> None:
    pieces = mark(text, language, parse(typed))

    assert text == "".join(piece.text for piece in pieces)
    assert all(piece.text for piece in pieces)


@given(st.text(max_size=80).filter(lambda text: len(text.split()) > 0))
def test_pieces_join_where_each_word_of_the_text_is_looked_for(text: str) -> None:
    pieces = mark(text, "en", parse(text))

    assert text == "".join(piece.text for piece in pieces)


def test_a_text_without_a_match_is_one_piece() -> None:
    assert mark("nothing here", "en", parse("nurse")) == (Piece("nothing here", is_match=False),)
