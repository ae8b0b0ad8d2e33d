import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.graphemes import cut, goes_on

WHOLE = {
    "family": "👩‍👩‍👧‍👦",
    "skin tone": "👍🏽",
    "variation": "❤️‍🔥",
    "keycap": "1️⃣",
    "flag": "🇩🇪",
    "England": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "accent": "e\u0301\u0323",
    "Thai": "น้ำ",
    "Hindi": "क्षि",
    "Bengali": "র\u200d্যা",
    "Korean": "\u1112\u1161\u11ab",
}


@pytest.mark.parametrize("name", WHOLE)
def test_one_character_of_a_reader_is_never_cut(name):
    whole = WHOLE[name]
    text = f"a{whole}{whole}b"
    whole_places = {0, 1, 1 + len(whole), 1 + 2 * len(whole), len(text)}

    assert {at for at in range(len(text) + 1) if not goes_on(text[:at], text[at:])} == whole_places


def test_words_and_syllables_may_be_cut_anywhere():
    for text in ("hello, world", "你好世界", "שלום", "🙂🙃", "สวสด"):
        assert not any(goes_on(text[:at], text[at:]) for at in range(len(text) + 1))


@given(st.text(st.characters() | st.sampled_from("".join(WHOLE.values())), min_size=2), st.data())
def test_a_cut_keeps_to_its_limit_and_leaves_two_parts(text, data):
    limit = data.draw(st.integers(1, len(text) - 1))

    assert 1 <= cut(text, limit) <= limit


def test_text_that_fits_is_cut_at_its_end():
    assert cut("short", 42) == 5


def test_marks_without_end_are_cut_at_the_limit():
    assert cut("a" + "\u0301" * 100, 42) == 42
