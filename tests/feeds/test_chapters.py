import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.chapters import Chapter, chapter_problems, read_chapters, write_chapters
from feeds.errors import ChaptersError


def document(*chapters: Any, version: Any = "1.2.0") -> str:
    return json.dumps({"version": version, "chapters": list(chapters)})


def test_chapters_are_written_as_the_format_says() -> None:
    written = write_chapters(
        [
            Chapter(0, "Welcome"),
            Chapter(
                61_500,
                "  Tea &\ntalk\x00 ",
                end_ms=90_000,
                image_url="https://example.org/i.jpg",
                link="https://example.org/",
            ),
            Chapter(90_000, "", in_contents=False),
        ],
        title="Handover",
        show="Rounds",
    )

    assert json.loads(written) == {
        "version": "1.2.0",
        "title": "Handover",
        "podcastName": "Rounds",
        "chapters": [
            {"startTime": 0, "title": "Welcome"},
            {
                "startTime": 61.5,
                "title": "Tea & talk",
                "endTime": 90,
                "img": "https://example.org/i.jpg",
                "url": "https://example.org/",
            },
            {"startTime": 90, "toc": False},
        ],
    }


@settings(deadline=None)
@given(
    starts=st.lists(st.integers(0, 24 * 3_600_000), min_size=1, max_size=20, unique=True).map(sorted),
    title=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40),
)
def test_what_is_written_is_read_back_to_the_millisecond(starts: list[int], title: str) -> None:
    chapters = tuple(Chapter(start_ms, title) for start_ms in starts)

    assert read_chapters(write_chapters(chapters)) == chapters


@pytest.mark.parametrize(
    ("chapters", "problem"),
    [
        ([], "there is no chapter"),
        ([Chapter(-1, "a")], "chapter 1 starts before the beginning"),
        ([Chapter(60_000, "a")], "chapter 1 starts after the end"),
        ([Chapter(0, " ")], "chapter 1 has no title"),
        ([Chapter(5, "a", end_ms=5)], "chapter 1 ends before it starts"),
        ([Chapter(0, "a"), Chapter(0, "b")], "chapter 2 does not start after the one before it"),
        ([Chapter(9, "a"), Chapter(1, "b")], "chapter 2 does not start after the one before it"),
        ([Chapter(0, "a", image_url="javascript:x")], "chapter 1 has an image that is not a web address"),
        ([Chapter(0, "a", link="/page")], "chapter 1 has a link that is not a web address"),
    ],
)
def test_problems_are_said_in_words(chapters: list[Chapter], problem: str) -> None:
    assert chapter_problems(chapters, duration_ms=60_000) == [problem]


def test_chapters_with_a_problem_are_not_written() -> None:
    with pytest.raises(ChaptersError, match="chapter 1 has no title"):
        write_chapters([Chapter(0, "")])


def test_right_chapters_have_no_problem() -> None:
    assert chapter_problems([Chapter(0, "a"), Chapter(59_999, "b")], duration_ms=60_000) == []


def test_what_others_write_is_read_in_order_and_without_what_is_unknown() -> None:
    chapters = read_chapters(
        document(
            {
                "startTime": 94.25,
                "title": "Later",
                "url": "javascript:x",
                "img": 7,
                "location": {"name": "x"},
            },
            {"startTime": 0, "endTime": 94.25, "toc": False, "novelty": []},
            version="1.0",
        )
    )

    assert chapters == (Chapter(0, "", end_ms=94_250, in_contents=False), Chapter(94_250, "Later"))


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        b"\xff\xfe\x00",
        "[]",
        "null",
        '{"chapters": []}',
        '{"version": 1.2, "chapters": []}',
        '{"version": "2.0.0", "chapters": []}',
        '{"version": "1.2.0"}',
        '{"version": "1.2.0", "chapters": {}}',
        '{"version": "1.2.0", "chapters": [{"startTime": NaN}]}',
        '{"version": "1.2.0", "chapters": [{"startTime": 1e999}]}',
        "[" * 100_000,
        document("x"),
        document({}),
        document({"startTime": None}),
        document({"startTime": "1"}),
        document({"startTime": True}),
        document({"startTime": -1}),
        document({"startTime": 10**400}),
        document({"startTime": 1, "endTime": "2"}),
        document({"startTime": 1, "title": 2}),
    ],
)
def test_a_broken_document_is_refused(broken: str | bytes) -> None:
    with pytest.raises(ChaptersError):
        read_chapters(broken)
