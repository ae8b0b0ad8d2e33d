"""What is asked of the files that a feed names, from what they are."""

from typing import Any

import pytest

from feeds.chapters import Chapter
from feeds.file_rules import Picture, broken_picture, chapters_problems, length_problems, picture_problems
from feeds.problem import Code, Field
from tests.feeds.factories import BASE


def make_picture(**changes: Any) -> Picture:
    fields: dict[str, Any] = {
        "url": f"{BASE}/artwork/a-full.jpg",
        "media_type": "image/jpeg",
        "served_as": "image/jpeg",
        "width_px": 1400,
        "height_px": 1400,
        "mode": "RGB",
    }
    return Picture(**fields | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"width_px": 3000, "height_px": 3000},
        {"url": f"{BASE}/a.jpeg"},
        {"url": f"{BASE}/a.png", "media_type": "image/png", "served_as": "image/png"},
    ],
)
def test_a_right_picture_is_no_problem(changes: dict[str, Any]) -> None:
    assert list(picture_problems(make_picture(**changes))) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"width_px": 1399, "height_px": 1399}, [Code.ARTWORK_SIZE]),
        ({"width_px": 3001, "height_px": 3001}, [Code.ARTWORK_SIZE]),
        ({"width_px": 1500}, [Code.ARTWORK_NOT_SQUARE]),
        ({"width_px": 100}, [Code.ARTWORK_NOT_SQUARE, Code.ARTWORK_SIZE]),
        ({"mode": "CMYK"}, [Code.ARTWORK_COLOURS]),
        ({"mode": "L"}, [Code.ARTWORK_COLOURS]),
        ({"media_type": "image/webp", "served_as": "image/webp"}, [Code.ARTWORK_TYPE]),
        ({"media_type": "image/png", "served_as": "image/png"}, [Code.ARTWORK_TYPE]),
        ({"served_as": "text/html"}, [Code.ARTWORK_TYPE]),
    ],
)
def test_a_wrong_picture_would_be_refused(changes: dict[str, Any], codes: list[Code]) -> None:
    told = list(picture_problems(make_picture(**changes)))

    assert [problem.code for problem in told] == codes
    assert all(problem.is_grave and problem.field is Field.ARTWORK for problem in [*told, broken_picture()])


def test_chapters_beyond_the_end_are_told_of() -> None:
    chapters = [Chapter(0, "Welcome"), Chapter(60_000, "Too late")]

    assert list(chapters_problems("item-1", chapters, 60_001)) == []
    (told,) = chapters_problems("item-1", chapters, 60_000)
    assert (told.code, told.guid, told.what) == (
        Code.CHAPTERS_WRONG,
        "item-1",
        "The chapters are not in order: chapter 2 starts after the end.",
    )


@pytest.mark.parametrize(
    ("true_ms", "is_told"), [(60_000, False), (62_000, False), (62_001, True), (9, True)]
)
def test_a_length_that_the_sound_does_not_have_is_told_of(true_ms: int, is_told: bool) -> None:
    assert bool(list(length_problems("item-1", 60_000, true_ms))) == is_told
