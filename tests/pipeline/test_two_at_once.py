"""Two at once on PostgreSQL: who is frozen lets go, and who comes second sees what the first has done."""

import pytest
import sqlalchemy as sa

from app.backends import Backends
from app.db import Database
from app.models import Show
from app.pipeline.waiting import is_outage
from tests.factories import make_show


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
