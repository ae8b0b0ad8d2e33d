"""Chapters: rows that a person typed, and what is said of those that cannot be."""

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.models import Episode
from app.services import chapters
from app.services.chapters import Row
from tests.factories import WHEN, give_chapters, make_episode, make_published


def problems(session: Session, episode: Episode, *typed: Row) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        chapters.edit(session, episode, typed, chapters.version(episode), WHEN)
    return refused.value.problems


def test_rows_in_any_order_become_chapters_in_order_and_are_given_back(session: Session) -> None:
    episode = make_episode(session)

    give_chapters(session, episode, at_1_05_09="Thanks", at_0_00="Welcome", at_12_30="What we tried")
    give_chapters(session, episode, at_0_00="Welcome", at_12_30="What we tried first", at_75_00="Thank you")

    assert [chapter.start_ms for chapter in episode.chapters] == [0, 750_000, 4_500_000]
    assert chapters.rows(episode) == [
        Row("0:00", "Welcome"),
        Row("12:30", "What we tried first"),
        Row("1:15:00", "Thank you"),
    ]


def test_parts_of_a_second_are_kept(session: Session) -> None:
    episode = make_episode(session)

    chapters.edit(session, episode, [Row(" 0:05.25 ", " A \n B ")], chapters.version(episode), WHEN)

    assert chapters.rows(episode) == [Row("0:05.250", "A B")]


def test_empty_rows_do_not_count_and_none_at_all_remove_every_chapter(session: Session) -> None:
    episode = make_episode(session)
    give_chapters(session, episode, at_0_00="Welcome")

    chapters.edit(session, episode, [Row("", " "), Row("", "")], chapters.version(episode), WHEN)

    assert episode.chapters == []


@pytest.mark.parametrize(
    "start", ["Welcome", "12", "0:75", "1:61:00", "-1:00", "0:00:00:00", "1:0", "٣:٠٠", ""]
)
def test_what_is_no_time_is_said_beside_it(session: Session, start: str) -> None:
    found = problems(session, make_published(session), Row("0:00", "Good"), Row(start, "Bad"))

    assert list(found) == ["start-1"]
    assert "such as 12:30" in found["start-1"]


def test_everything_that_is_wrong_is_said_at_once(session: Session) -> None:
    found = problems(
        session,
        make_published(session),
        Row("0:10", ""),
        Row("", ""),
        Row("0:10", "The same time"),
        Row("1:00", "After the end"),
        Row("0:20", "t" * 256),
    )

    assert found == {
        "title-0": "Enter the title of the chapter.",
        "start-2": "Another chapter begins at 0:10, too.",
        "start-3": "The recording ends at 1:00.",
        "title-4": "Use 255 characters or fewer. At present there are 256.",
    }


def test_a_hundred_thousand_chapters_are_refused_in_one_line(session: Session) -> None:
    episode = make_episode(session)
    typed = [Row(f"{hour}:{minute:02}:00", "Chapter") for hour in range(6) for minute in range(60)][:300]
    chapters.edit(session, episode, typed, chapters.version(episode), WHEN)

    found = problems(session, episode, *typed, *[Row("9:00:00", "One more")] * 100_000)

    assert found == {"start-300": "Use 300 chapters or fewer. At present: 100,300."}


def test_chapters_that_somebody_else_has_changed_are_left_alone(session: Session) -> None:
    episode = make_episode(session)
    seen = chapters.version(episode)
    give_chapters(session, episode, at_0_00="Theirs")

    with pytest.raises(Conflict):
        chapters.edit(session, episode, [Row("0:00", "Mine")], seen, WHEN)

    assert chapters.rows(episode) == [Row("0:00", "Theirs")]
