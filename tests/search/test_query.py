"""Reading what people type: never refused, always sayable again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.search.query import (
    MAX_CANONICAL_CHARACTERS,
    MAX_WORDS,
    NO_LETTERS,
    ONLY_EXCLUDED,
    QUOTE_NOT_CLOSED,
    STAR_MISPLACED,
    TOO_LONG,
    Phrase,
    Prefix,
    Query,
    Term,
    Word,
    canonical_text,
    parse,
)
from app.search.readings import words

PARTS = st.sampled_from(
    [
        "nurse",
        "a",
        "é",
        "don't",
        "-",
        "--",
        "−",
        "*",
        '"',
        "“",
        "»",
        " ",
        "\u00a0",
        "\0",
        "\ud800",
        "\u202e",
        "\u200b",
        "\u0301",
        "医療",
        "🙂",
        "1,000",
        "(",
        "'",
        "½",
        "ﷺ",
        "ͺ",
        "ʼ",
        "\n",
        "x" * 40,
        "N.H.S.",
        "follow-up",
        "\U0010ffff",
    ]
)
TYPED = st.one_of(st.text(max_size=300), st.lists(PARTS, max_size=120).map("".join))


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("nurse handover", (Word("nurse"), Word("handover")), ()),
        ('"safe staffing"', (Phrase("safe staffing"),), ()),
        ("nurs*", (Prefix("nurs"),), ()),
        ("nurs*, night", (Prefix("nurs"), Word("night")), ()),
        ("nurse -agency", (Word("nurse"),), (Word("agency"),)),
        ('-"zero hours" nurse', (Word("nurse"),), (Phrase("zero hours"),)),
        ("-agen* nurse", (Word("nurse"),), (Prefix("agen"),)),
        ("--nurse", (), (Word("nurse"),)),
        ("follow-up", (Word("follow-up"),), ()),
        ('well"being"', (Word("well"), Phrase("being")), ()),
        ('"well"-being', (Phrase("well"), Word("being")), ()),
        ("„Häuser“ «maison»", (Phrase("Häuser"), Phrase("maison")), ()),
        ("“nurse’s pen”", (Phrase("nurse’s pen"),), ()),
        ('"nurs* \t home"', (Phrase("nurs home"),), ()),
        ("(nurse) [and] ...doctors!", (Word("nurse"), Word("and"), Word("doctors")), ()),
        ("nurse Nurse NURSE", (Word("nurse"),), ()),
        ("nurse -nurse", (Word("nurse"),), (Word("nurse"),)),
        ("nur\u200bse \u202enight\u202c", (Word("nurse"), Word("night")), ()),
        ("nurse\0night", (Word("nurse"), Word("night")), ()),
        ("cafe\u0301", (Word("café"),), ()),
        ("title:nurse", (Word("title:nurse"),), ()),
    ],
)
def test_words_phrases_beginnings_and_exclusions(
    typed: str, wanted: tuple[Term, ...], unwanted: tuple[Term, ...]
) -> None:
    assert Query(wanted, unwanted) == parse(typed)


@pytest.mark.parametrize(
    ("typed", "notices"),
    [
        ("nurse", ()),
        ("", ()),
        ("-agency", (ONLY_EXCLUDED,)),
        ("🙂 nurse", (NO_LETTERS,)),
        ("nurse - &", (NO_LETTERS,)),
        ('"nurse home', (QUOTE_NOT_CLOSED,)),
        ('nurse "', ()),
        ("*", (STAR_MISPLACED,)),
        ("n*", (STAR_MISPLACED,)),
        ("n*rse", (STAR_MISPLACED,)),
        ('"..." nurse', (NO_LETTERS,)),
        (" ".join(map(str, range(MAX_WORDS + 1))), (TOO_LONG,)),
        (" ".join(map(str, range(MAX_WORDS))), ()),
        ("nurse " * 5_000, (TOO_LONG,)),
    ],
)
def test_what_was_left_out_is_said_in_words(typed: str, notices: tuple[str, ...]) -> None:
    assert notices == parse(typed).notices


def test_a_long_sentence_pasted_as_a_phrase_is_looked_for_by_its_beginning() -> None:
    sentence = " ".join(f"word{number}" for number in range(50))

    query = parse(f'"{sentence}" more')

    assert (Phrase(" ".join(sentence.split()[:MAX_WORDS])),) == query.wanted


def test_a_canonical_text_can_be_typed_and_read() -> None:
    query = parse('  -"zero  hours"   nurs*  “Safe staffing”  handover, -agency  (nurs*) ')

    assert canonical_text(query) == 'nurs* "Safe staffing" handover -"zero hours" -agency'


@given(TYPED)
@example('"' * 10_000)
@example("-" * 10_000)
@example("*" * 10_000)
@example("a" * 10_000)
@example('a"b' * 3_000)
@example('-"' + "x y " * 2_500)
@example("医" * 10_000)
@example("a-" * 5_000)
@example("a\u0301" * 5_000)
@example("1,000" * 2_000)
@example("a'b" * 3_000)
@example('a!"' + "!" * 900 + 'b"')
def test_every_text_is_a_query_and_its_canonical_text_is_the_same_query(typed: str) -> None:
    query = parse(typed)
    text = canonical_text(query)

    assert query == parse(text)
    assert text == canonical_text(parse(text))


@given(TYPED)
@example(" ".join(letter * 100 for letter in "abcdefghijklmnopqr"))
@example("a" * 1_500)
def test_a_query_is_never_longer_than_its_limits(typed: str) -> None:
    query = parse(typed)
    text = canonical_text(query)

    assert len(text) <= MAX_CANONICAL_CHARACTERS
    assert sum(len(words(term.text)) for term in query.wanted + query.unwanted) <= MAX_WORDS


@given(TYPED)
def test_a_canonical_text_fits_into_an_address(typed: str) -> None:
    text = canonical_text(parse(typed))

    assert text == text.encode("utf-8").decode("utf-8")
    assert not set(text) & set("\0\r\n\t")
