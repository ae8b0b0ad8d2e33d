"""How a text is read: words, stems, places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.folding import base_language
from app.search.readings import readings, words


def stems(text: str, language: str = "en") -> list[str]:
    """The first reading's."""
    return [token.stem for token in readings(text, language)[0]]


def other_stems(text: str, language: str = "en") -> list[list[str]]:
    """Those of the readings that differ from the first."""
    return [[token.stem for token in reading] for reading in readings(text, language)[1:]]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "nurse nurses nursing nursed nurse's nurses' NURSE Nurse’s"),
        ("en", "organisation organising organised organises"),
        ("en-GB", "listen listening listened listens"),
        ("fr", "infirmier infirmière infirmiers infirmières"),
        ("de", "Haus Häuser Hauses Häusern"),
        ("de", "grüßen grüssen GRÜSSEN"),
        ("es", "canción canciones"),
        ("it", "ospedale ospedali"),
        ("nl", "verpleegkundige verpleegkundigen"),
        ("pl", "szpital szpitala szpitalu"),
        ("ru", "красный красная красное"),
        ("sv", "sjuksköterska sjuksköterskor"),
        ("no", "sykehus sykehuset sykehusene"),
        ("nb", "hånd hånden"),
        ("tr", "doktor doktorlar"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    assert len({tuple(stems(form, language)) for form in forms.split()}) == 1


@pytest.mark.parametrize("language", ["cy", "xx", "", "english", "../..", "EN_us\0"])
def test_a_language_without_a_stemmer_keeps_its_words(language: str) -> None:
    kept = stems("Nyrsys nurses", language)

    assert kept[0] == "nyrsys" or language.startswith("EN")
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't can’t won`t", ["dont", "cant", "won", "t"]),
        ("I'll we're they’ve she'd I'm it's", ["i", "we", "they", "she", "i", "it"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("O'Brien", ["obrien"]),
        ("snake_case", ["snake", "case"]),
        ("2024–2025", ["2024", "2025"]),
        ("ﬁnd ſea ＮＨＳ m²", ["find", "sea", "nhs", "m2"]),
        ("Smørrebrød æon Łódź", ["smorrebrod", "aeon", "lodz"]),
        ("co\u00adoperate zero\u200bwidth", ["cooper", "zero", "width"]),
        ("医療", ["医", "療"]),
        ("...!? 🙂 — \0 \n", []),
        ("", []),
    ],
)
def test_texts_fall_into_stems(text: str, expected: list[str]) -> None:
    assert expected == stems(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a follow-up visit", [["a", "followup", "visit"]]),
        ("state-of-the-art", [["stateoftheart"]]),
        ("1,000,000 pounds", [["1000000", "pound"]]),
        ("1,00 pounds", []),
        ("12,3456", []),
        ("N.H.S. and A&E", [["nhs", "and", "ae"]]),
        ("the end.Then", []),
        ("well - being", []),
        ("plain words", []),
    ],
)
def test_compounds_are_also_read_as_one_word(text: str, expected: list[list[str]]) -> None:
    assert expected == other_stems(text)


def test_words_are_also_read_as_typed_without_accents() -> None:
    assert stems("infirmière", "fr") == ["infirmi"]
    assert [stems("infirmiere", "fr")] == other_stems("infirmière", "fr")


@pytest.mark.parametrize("language", ["fr", "it", "ca"])
def test_an_elided_article_is_a_word_of_its_own(language: str) -> None:
    assert len(stems("l'aria", language)) == 2
    assert len(stems("l'aria", "en")) == 1


def test_places_are_those_of_the_words_in_the_text() -> None:
    text = "The nurse’s Follow-up, «Øre» 🙂 ﬁnd."

    split, joined = ([text[token.start : token.end] for token in way] for way in readings(text, "en"))

    assert split == ["The", "nurse’s", "Follow", "up", "Øre", "ﬁnd"]
    assert joined == ["The", "nurse’s", "Follow-up", "Øre", "ﬁnd"]


@pytest.mark.parametrize(
    ("tag", "expected"), [("en-GB", "en"), ("EN_us", "en"), (" cy ", "cy"), ("", ""), ("zh-Hant-TW", "zh")]
)
def test_a_language_tag_begins_with_the_language(tag: str, expected: str) -> None:
    assert expected == base_language(tag)


LANGUAGES = st.sampled_from(["en", "fr", "de", "hi", "ar", "tr", "el", "ta", "ja", ""])


@given(st.text(), LANGUAGES)
def test_words_of_any_text_stand_in_order_and_are_words(text: str, language: str) -> None:
    for reading in readings(text, language):
        ends = [0]
        for token in reading:
            assert ends[-1] <= token.start < token.end <= len(text)
            assert token.stem
            assert token.word
            assert not any(map(str.isspace, token.stem + token.word))
            ends.append(token.end)


@given(st.text())
def test_every_letter_and_digit_is_in_a_word(text: str) -> None:
    covered = {place for start, end in words(text) for place in range(start, end)}
    missed = [letter for place, letter in enumerate(text) if letter.isalnum() and place not in covered]

    assert not [letter for letter in missed if words(letter)]


@given(st.text(), LANGUAGES)
def test_reading_is_the_same_in_capitals_of_ascii(text: str, language: str) -> None:
    text = text.encode("ascii", "ignore").decode()

    assert stems(text.lower(), language) == stems(text.upper(), language)
