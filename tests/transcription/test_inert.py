import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.inert import inert


@given(st.text() | st.text(st.characters()))
def test_what_is_inert_stays_as_it_is(text):
    assert inert(inert(text)) == inert(text)
    assert inert(text).encode("utf-8").decode("utf-8") == inert(text)


@pytest.mark.parametrize("text", ["Grüße, 世界! Ça va? שלום 👩‍⚕️", "a < b & c > d --> e", "naïve\u200fשלום"])
def test_ordinary_text_is_left_alone(text):
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\r\n\r\ntwo", "one two"),
        ("a\x00b", "a b"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("\ufeffa\ud800b\uffff", "a\ufffdb\ufffd"),
        (" \t ", ""),
    ],
)
def test_what_acts_is_taken_out(text, said):
    assert inert(text) == said
