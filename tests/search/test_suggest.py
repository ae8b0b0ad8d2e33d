"""What may have been meant: near words that the asker may find, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import index
from app.search.query import canonical_text, parse
from app.search.suggest import distance
from tests.search.library import PUBLISHED, Library


def plainly(one: str, other: str) -> int:
    """Optimal string alignment as the textbook has it."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        rows[i][0] = i
    for j in range(len(other) + 1):
        rows[0][j] = j
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = 0 if one[i - 1] == other[j - 1] else 1
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


letters = st.text(alphabet="abc", max_size=7)


@given(letters, letters, st.integers(min_value=1, max_value=3))
def test_slips_are_counted_as_the_textbook_does(one: str, other: str, most: int) -> None:
    assert distance(one, other, most) == min(plainly(one, other), most + 1)


def meant(library: Library, typed: str) -> str | None:
    found = index.suggest(library.session, parse(typed), visible=PUBLISHED)
    return canonical_text(found) if found else None


@pytest.fixture
def spoken(library: Library) -> Library:
    """What was said in public, and what was not."""
    library.make_episode(["We moved the handover to the bedside.", "Fewer falls, said the physiotherapist."])
    library.make_episode(["The handover again.", "Her café in Bootle."])
    library.make_episode(["A confidential hangover."], state="draft")
    return library


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hanover", "handover"),
        ("hadnover", "handover"),
        ("Handovr bedside", "handover bedside"),
        ("fysiotherapist", "physiotherapist"),
        ("handovr -falls", "handover -falls"),
        ("fallz", "falls"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(spoken: Library, typed: str, expected: str) -> None:
    assert meant(spoken, typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "confidentiel",
        "xylophone",
        "fal",
        '"handovr bedside"',
        "handovr falls",
        "handov*",
        "handover",
    ],
)
def test_nothing_is_suggested_that_would_find_nothing_or_tell_of_drafts(spoken: Library, typed: str) -> None:
    assert meant(spoken, typed) is None


def test_a_very_long_word_has_no_neighbours(spoken: Library) -> None:
    assert meant(spoken, "handover" * 200) is None
