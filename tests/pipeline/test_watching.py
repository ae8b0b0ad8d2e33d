"""What waits, who works on what, and what a worker has measured: as the engine's rows say it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import metrics
from app.db import Database
from app.models import RecordingState, Step
from app.pipeline import engine, watching
from app.pipeline.border import Hands
from tests.factories import make_episode, make_recording
from tests.pipeline.in_hand import add_window, claim, take
from tests.pipeline.making import all_the_way, ready


def test_what_waits_and_what_is_in_hand_is_told_by_queue_and_worker(database: Database) -> None:
    engine.create_tables(database)
    with database.begin() as session:
        waiting, working, third = (
            make_recording(session, make_episode(session), state=RecordingState.working) for _ in range(3)
        )
        claim(session, waiting, "host-9-publish")
        take(session, working, "host-0")
        take(session, third, "host-0")
        for number, worker in enumerate(("host-1", "host-1", None)):
            add_window(session, working, number, worker)
    with database.reading() as session:
        depths, in_hand = watching.depths(session), watching.in_hand(session)

    assert {name: depth.waiting for name, depth in depths.items() if depth.waiting} == {
        "mastering": 1,
        "transcription": 1,
    }
    assert {"mastering", "transcription"} <= depths.keys()
    assert in_hand == {
        "host-0": Counter({working.id: 0, third.id: 0}),
        "host-1": Counter({working.id: 2}),
    }


@pytest.mark.parametrize("question", [watching.waiting, watching.begun])
def test_what_is_done_is_not_read(
    question: Callable[[Session], sa.Select[Any]], migrated_database: Path
) -> None:
    database = Database(f"sqlite:///{migrated_database}")
    with database.reading() as session:
        statement = question(session).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {statement}"))]
    database.dispose()

    assert all("INDEX" in step for step in plan if "workflow_status" in step), plan


def test_a_recordings_way_leaves_how_long_each_step_took_and_its_sound(hands: Hands, voice: Path) -> None:
    def figure(family: str, sample: str, **labels: str) -> float:
        samples = metrics.figures_of_worker().get(family, [])
        return sum(value for name, said, value in samples if (name, said) == (sample, labels))

    def steps_done() -> dict[str, float]:
        count = "hearth_step_seconds_count"
        return {
            step.value: figure("hearth_step_seconds", count, step=step.value, outcome="done") for step in Step
        }

    def sound(step: str) -> float:
        return figure("hearth_sound_seconds", "hearth_sound_seconds_total", step=step)

    before, heard = steps_done(), (sound("master"), sound("transcribe"))
    assert all_the_way(hands.backends, ready(hands.backends, voice))
    after = steps_done()

    assert {step: after[step] - before[step] for step in after} == dict.fromkeys(after, 1)
    assert sound("master") - heard[0] == pytest.approx(3, abs=0.1)
    assert sound("transcribe") - heard[1] == pytest.approx(3, abs=0.1)
