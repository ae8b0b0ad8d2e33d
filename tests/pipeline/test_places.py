"""Places of workers: every process its own, the same one again after a restart, nobody evicted."""

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.db import Database, now_of_database
from app.models import WorkerRow
from app.pipeline import places, queues
from app.pipeline.engine import Heartbeat, create_tables, enqueue_workflow, take_over
from app.pipeline.places import PlaceTaken

HOST = socket.gethostname()


@pytest.fixture
def anywhere(backends: Backends, database: Database) -> Backends:
    """The same backends on each engine in turn."""
    create_tables(database)
    settings = replace(backends.settings, database_url=database.url)
    return replace(backends, settings=settings, database=database)


def beating(backends: Backends, name: str) -> Heartbeat:
    """A worker's heart that has beaten once and will not beat again."""
    heart = Heartbeat(backends.database, name, slots=1, dead_after_s=10_000)
    heart.start()
    return heart


def grow_old(database: Database, name: str, **by: float) -> None:
    with database.begin() as session:
        row = session.get_one(WorkerRow, name)
        row.beat_at = now_of_database(session) - timedelta(**by)


def test_every_worker_of_a_host_gets_a_place_of_its_own_and_comes_back_to_it(anywhere: Backends) -> None:
    first, second = places.take(anywhere), places.take(anywhere)
    assert [first.name, second.name] == [f"{HOST}-0", f"{HOST}-1"]
    heart = beating(anywhere, first.name)
    first.remember(heart.incarnation)

    first.lock.close()  # as the kernel does when it is killed; its heartbeat is still fresh
    again = places.take(anywhere)
    assert again.name == f"{HOST}-0"
    heart.stop()
    for place in (second, again):
        place.leave()


def test_a_name_in_use_is_refused_with_advice_here_and_on_another_machine(
    anywhere: Backends, tmp_path: Path
) -> None:
    place = places.take(anywhere, "a/b")
    heart = beating(anywhere, place.name)
    place.remember(heart.incarnation)
    with pytest.raises(PlaceTaken, match="Leave --name out"):
        places.take(anywhere, "a/b")

    other_machine = replace(anywhere, settings=replace(anywhere.settings, data=tmp_path / "other"))
    for _ in range(2):
        with pytest.raises(PlaceTaken, match="another machine"):
            places.take(other_machine, "a/b")
    grow_old(anywhere.database, place.name, seconds=31)
    places.take(other_machine, "a/b").leave()
    heart.stop()
    place.leave()


def test_folders_go_only_where_nobody_is_any_more(anywhere: Backends) -> None:
    data = anywhere.settings.data
    living, dead = places.take(anywhere), places.take(anywhere)
    elsewhere = data / "work" / "unknown"
    for folder in (living.folder, dead.folder, elsewhere):
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"sound")
    dead.lock.close()

    assert places.clear_left(data) == [dead.name]
    assert {path.name for path in (data / "work").iterdir()} == {living.name, elsewhere.name}
    living.leave()


def test_what_a_worker_left_long_ago_is_still_taken_over(anywhere: Backends) -> None:
    beating(anywhere, "long-gone")
    grow_old(anywhere.database, "long-gone", hours=30)

    assert take_over(anywhere.database, "heir") == ["long-gone"]
    assert take_over(anywhere.database, "heir") == ["long-gone"]
    with anywhere.database.begin() as session:
        row = session.get_one(WorkerRow, "long-gone")
        row.stopped_at = now_of_database(session) - timedelta(hours=2)
    assert take_over(anywhere.database, "heir") == []


def test_a_heart_that_beats_before_its_worker_can_work_takes_nothing_over(anywhere: Backends) -> None:
    beating(anywhere, "dead")
    grow_old(anywhere.database, "dead", minutes=1)
    heart = beating(anywhere, "starting")
    heart.beat()

    assert not heart.superseded.is_set()
    assert take_over(anywhere.database, "starting") == ["dead"]
    with anywhere.database.reading() as session:
        assert session.get_one(WorkerRow, "starting").taken_over_by is None


def test_work_that_was_claimed_goes_back_with_whoever_claimed_it(anywhere: Backends) -> None:
    with anywhere.database.begin() as session:
        for name, queue in (("r-1", "mastering"), ("r-1-window-0", "transcription"), ("r-10", "mastering")):
            enqueue_workflow(session, queue, "window_v2" if "window" in name else "recording_v2", name)
        queues.claim(session, "r-1", "publish-0")
        assert lying(session) == {
            "r-1": "mastering@publish-0", "r-1-window-0": "transcription@publish-0", "r-10": "mastering",
        }  # fmt: skip
        assert not queues.waits(session, "r-1")
    beating(anywhere, "publish-0")
    grow_old(anywhere.database, "publish-0", minutes=1)

    take_over(anywhere.database, "heir")
    with anywhere.database.reading() as session:
        assert lying(session) == {"r-1": "mastering", "r-1-window-0": "transcription", "r-10": "mastering"}
        assert queues.waits(session, "r-1")


def lying(session: Session) -> dict[str, str]:
    flows = queues.table(session)
    return {row[0]: row[1] for row in session.execute(sa.select(flows.c.workflow_uuid, flows.c.queue_name))}
