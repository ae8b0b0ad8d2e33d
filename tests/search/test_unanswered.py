"""What is kept of a search that found nothing, and what never is."""

import pytest

from app.search.query import parse
from app.search.unanswered import kept_words


def kept(typed: str) -> str:
    return kept_words(typed, parse(typed))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Sepsis", "sepsis"),
        ("  SEPSIS  six ", "sepsis six"),
        ('"End of Life" care', "end of life care"),
        ("nurs*", "nurs"),
        ("sepsis -maternity", "sepsis"),
        ("Ménière’s", "meniere"),
        ("ＣＯＶＩＤ", "covid"),
        ("COVID-19", "covid 19"),
        ("ward 12", "ward 12"),
        ("اتصال", "اتصال"),
        ("<script>alert</script>", "script alert script"),
    ],
)
def test_words_are_kept_in_one_form(typed: str, words: str) -> None:
    assert kept(typed) == words


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-sepsis",
        "…",
        "a",
        "12",
        "x" * 81,
        "my mother was on the ward last year and nobody told us what she had been given there",
        "ada@example.org",
        "ada＠example.org",
        "ada (at) example",
        "ada at example dot org",
        "ada.lovelace.nhs",
        "www.example.org",
        "https://example.org",
        "07700900123",
        "07700 900 123",
        "+44 (0)7700 900-123",
        "943 476 5919",
        "943-476-5919",
        "born 27/03/1951",
        "27.3.1951",
        "QQ 12 34 56 C",
        "٠٧٧٠٠٩٠٠١٢٣",
        "mrn:123456",
    ],
)
def test_what_could_be_somebodys_is_not_kept(typed: str) -> None:
    assert kept(typed) == ""
