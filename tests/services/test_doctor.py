"""What podcast apps would refuse, asked of rows: a draft as it would be published, and a whole show."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.demo.__main__ import _make_show as make_demo_show
from app.demo.scripts import SCRIPTS, SHOWS
from app.models import Chapter, Episode, EpisodeState, EpisodeType, RecordingState, Season, Show, ShowOrder
from app.services import doctor
from feeds.problem import Code
from tests.factories import (
    WHEN,
    make_enclosure,
    make_episode,
    make_published,
    make_recording,
    make_show,
    make_transcript,
)

URL = "https://podcasts.example.org"
#: A minute at 96 kbit/s.
SOUND = b"\0" * 720_000


@pytest.fixture
def show(session: Session) -> Show:
    """A show to which nobody objects."""
    return make_show(
        session,
        slug="rounds",
        title="The Ward Round",
        guid=uuid.UUID("917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        artwork_sha256="a" * 64,
        artwork_alt="A lamp in a window",
    )


def published(session: Session, show: Show, **fields: Any) -> Episode:
    return make_published(
        session, show, **{"title": "Falls", "sound": SOUND, "summary": "In short."} | fields
    )


def draft(session: Session, show: Show, **fields: Any) -> Episode:
    """One that is ready to be published."""
    episode = make_episode(session, show, **{"title": "Sleep", "summary": "In short."} | fields)
    recording = make_recording(session, episode)
    make_enclosure(session, recording, SOUND)
    make_transcript(session, recording)
    session.flush()
    session.expire(episode)
    return episode


def before(session: Session, episode: Episode) -> list[Code]:
    return [problem.code for problem in doctor.before_publishing(session, episode, URL)]


def of_show(session: Session, show: Show) -> list[tuple[Code, str | None]]:
    return [(problem.code, problem.guid) for problem in doctor.whole_show(session, show, URL)]


def test_a_right_show_and_a_right_draft_have_no_problem(session: Session, show: Show) -> None:
    published(session, show)

    assert of_show(session, show) == []
    assert before(session, draft(session, show)) == []


def test_a_draft_is_judged_as_it_would_be_published(session: Session, show: Show) -> None:
    one = draft(session, show, title="Episode 3: Falls", summary="")

    assert before(session, one) == [Code.TITLE_NUMBER, Code.DESCRIPTION_MISSING]
    assert of_show(session, show) == [(Code.NO_ITEM, None)]


def test_of_the_show_a_draft_is_told_only_what_would_be_refused(session: Session, show: Show) -> None:
    show.artwork_sha256, show.copyright = None, "Copyright 2026"

    assert before(session, draft(session, show)) == [Code.ARTWORK_MISSING]


def test_sound_and_words_on_their_way_are_not_missed(session: Session, show: Show) -> None:
    without = make_episode(session, show, title="Tea", summary="In short.")
    working = draft(session, show)
    working.transcript_id = None
    assert working.recording is not None
    working.recording.state = RecordingState.working
    stopped = draft(session, show)
    stopped.transcript_id = None
    session.flush()

    assert before(session, without) == []
    assert before(session, working) == []
    assert before(session, stopped) == [Code.TRANSCRIPT_MISSING]


def test_a_recording_in_which_nobody_speaks_needs_no_transcript(session: Session, show: Show) -> None:
    music = published(session, show, sentences=())

    assert of_show(session, show) == []
    music.transcript_id = None
    session.flush()
    assert of_show(session, show) == [(Code.TRANSCRIPT_MISSING, str(music.guid))]


def test_numbers_are_compared_with_those_that_the_public_sees(session: Session, show: Show) -> None:
    season = Season(show=show, number=1)
    session.add(season)
    session.flush()
    published(session, show, number=4)
    draft(session, show, number=5)

    assert before(session, draft(session, show, number=4)) == [Code.NUMBER_TWICE]
    assert before(session, draft(session, show, number=4, season_id=season.id)) == []
    assert before(session, draft(session, show, number=5)) == []
    trailer = draft(session, show, number=4, episode_type=EpisodeType.trailer)
    assert before(session, trailer) == [Code.TRAILER_STAYS]
    bonus = draft(session, show, number=6, episode_type=EpisodeType.bonus)
    assert before(session, bonus) == [Code.BONUS_ALONE]


def test_a_serial_show_needs_numbers(session: Session, show: Show) -> None:
    show.order = ShowOrder.serial
    one = published(session, show)

    assert of_show(session, show) == [(Code.NUMBER_MISSING, str(one.guid))]


def test_chapters_beyond_the_sound_are_found(session: Session, show: Show) -> None:
    one = draft(session, show)
    one.chapters.append(Chapter(start_ms=60_000, title="Too late"))
    session.flush()

    assert before(session, one) == [Code.CHAPTERS_WRONG]


def test_an_unpublished_episode_is_judged_and_a_withdrawn_one_is_not_in_the_show(
    session: Session, show: Show
) -> None:
    published(session, show)
    back, gone = published(session, show, title="<b>Back</b>"), published(session, show, summary="")
    back.state, gone.state = EpisodeState.unpublished, EpisodeState.withdrawn
    session.flush()

    assert before(session, back) == [Code.TITLE_MARKUP]
    assert of_show(session, show) == []


def test_the_episodes_of_the_problems_are_found(session: Session, show: Show) -> None:
    one = published(session, show, summary="")
    published(session, show)
    found = doctor.whole_show(session, show, URL)

    assert doctor.episodes_of(session, show, found) == {str(one.guid): one}


def test_asking_changes_nothing_and_takes_few_queries(session: Session, show: Show) -> None:
    for number in range(12):
        published(session, show, number=number + 1)
    one = draft(session, show, number=3)
    session.commit()
    statements: list[str] = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    doctor.before_publishing(session, one, URL)
    doctor.whole_show(session, show, URL)

    assert not session.new
    assert not session.dirty
    assert len(statements) < 30
    assert all(statement.lstrip().startswith(("SELECT", "BEGIN", "SET LOCAL")) for statement in statements)


def test_the_demo_gives_no_alarm(session: Session, backends: Backends) -> None:
    for demo in SHOWS:
        make_demo_show(backends, demo)
    for number, script in enumerate(SCRIPTS):
        show = session.scalars(sa.select(Show).where(Show.slug == script.show)).one()
        one = published(session, show, title=script.title, summary=script.summary, notes=script.notes)
        one.chapters = [Chapter(start_ms=start_ms // 10, title=title) for start_ms, title in script.chapters]
        one.published_at = WHEN + timedelta(days=number)
    session.commit()

    for show in session.scalars(sa.select(Show)):
        assert doctor.whole_show(session, show, backends.settings.public_url) == ()
        assert doctor.whole_show(session, show, URL) == ()
