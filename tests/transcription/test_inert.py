import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.inert import inert

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@given(st.text() | st.text(st.characters()) | st.text(ENGLAND + "\ufeff"))
def test_what_is_inert_stays_as_it_is(text):
    assert inert(inert(text)) == inert(text)
    assert inert(text).encode("utf-8").decode("utf-8") == inert(text)


@pytest.mark.parametrize(
    "text",
    ["Grüße, 世界! Ça va? שלום 👩‍⚕️", "a < b & c > d --> e", "naïve\u200fשלום", f"{ENGLAND}{ENGLAND} won"],
)
def test_ordinary_text_is_left_alone(text):
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\r\n\r\ntwo", "one two"),
        ("a\x00b", "a b"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("\ufeffa\ud800b\uffff", "a\ufffdb\ufffd"),
        ("a\U0001fffe\U0010ffffb", "a\ufffd\ufffdb"),
        (" \t ", ""),
        (ENGLAND[1:], ""),
        (ENGLAND[:-1], ENGLAND[0]),
        (f"a{ENGLAND[1:]}{ENGLAND}{ENGLAND[1:]}", f"a{ENGLAND}"),
        (ENGLAND[0] + ENGLAND[1:6] * 2 + ENGLAND[-1], ENGLAND[0]),
    ],
)
def test_what_acts_is_taken_out(text, said):
    assert inert(text) == said
