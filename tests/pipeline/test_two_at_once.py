"""Two at once on PostgreSQL: who is frozen lets go, and who comes second sees what the first has done."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app import create_app
from app.backends import Backends
from app.db import Database
from app.models import EpisodeKind, Show
from app.pipeline.waiting import is_outage
from app.services import drafts
from app.web.session import current_session
from tests.factories import WHEN, make_show


def test_rows_that_a_frozen_worker_holds_are_let_go_of_and_it_is_told_so_when_it_wakes(
    on_postgres: Backends,
) -> None:
    with on_postgres.database.begin() as session:
        show_id = make_show(session).id
    frozen = Database(on_postgres.settings.database_url, let_go_after_s=0.2)
    with frozen.session() as asleep:
        asleep.get_one(Show, show_id, with_for_update=True).title = "Too late"
        asleep.flush()
        with on_postgres.database.begin() as session:
            session.get_one(Show, show_id, with_for_update=True).title = "Of the successor"
        with pytest.raises(sa.exc.DBAPIError) as woken:
            asleep.commit()
    frozen.dispose()

    assert is_outage(woken.value)
    with on_postgres.database.reading() as session:
        assert session.get_one(Show, show_id).title == "Of the successor"


def test_two_episodes_of_one_title_begun_at_once_have_two_addresses(on_postgres: Backends) -> None:
    with on_postgres.database.begin() as session:
        show_id = make_show(session).id
    inside = threading.Barrier(2)

    def begin(number: int) -> str:
        with on_postgres.database.begin() as session:
            show = session.get_one(Show, show_id)
            inside.wait()
            return drafts.create(session, show, "Ward round", EpisodeKind.episode, None, WHEN).slug

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(begin, range(2))) == ["ward-round", "ward-round-2"]


def test_one_question_is_no_transaction(on_postgres: Backends) -> None:
    began = sa.select(sa.func.now())  # PostgreSQL's name for when a transaction began
    with on_postgres.database.asking() as connection:
        assert connection.scalar(began) != connection.scalar(began)
    with on_postgres.database.begin() as session:
        assert session.scalar(began) == session.scalar(began)  # and the connection is as it was


def test_a_connection_that_has_ended_meanwhile_is_replaced_before_its_use(on_postgres: Backends) -> None:
    database = Database(on_postgres.settings.database_url)
    own = sa.text("SELECT pg_backend_pid()")
    with database.reading() as session:
        first = session.scalar(own)
    with on_postgres.database.begin() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    time.sleep(0.2)

    with database.reading() as session:
        second = session.scalar(own)
    with database.reading() as session:
        third = session.scalar(own)
    database.dispose()
    assert first != second == third


def test_an_answer_that_is_made_outlives_the_connection_of_its_session(on_postgres: Backends) -> None:
    app = create_app(backends=on_postgres)

    @app.get("/cut-off")
    def cut_off() -> str:
        mine = current_session().scalar(sa.text("SELECT pg_backend_pid()"))
        with on_postgres.database.begin() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        return "made"

    assert app.test_client().get("/cut-off").text == "made"
