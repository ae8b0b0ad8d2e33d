"""What waits, who works on what, and what a worker has measured: as the engine's rows say it."""

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import metrics
from app.db import Database
from app.models import RecordingState, Step
from app.pipeline import engine, queues, watching
from app.pipeline.border import Hands
from tests.factories import make_episode, make_recording
from tests.pipeline.making import all_the_way, ready


def test_what_waits_and_what_is_in_hand_is_told_by_queue_and_worker(database: Database) -> None:
    engine.create_tables(database)
    with database.begin() as session:
        waiting, working, third = (
            make_recording(session, make_episode(session), state=RecordingState.working) for _ in range(3)
        )
        for recording in (waiting, working, third):
            engine.enqueue(session, recording)
        for number in range(3):
            name = f"{engine.workflow_id(working)}-{number}"
            engine.enqueue_workflow(session, queues.WINDOWS, "window_v1", name, str(working.id), 1, number)
        flows = watching._flows(session)
        begun = {"status": "PENDING", "executor_id": "host-0"}
        for recording in (working, third):
            mine = flows.c.workflow_uuid == engine.workflow_id(recording)
            session.execute(sa.update(flows).where(mine).values(begun))
        session.execute(
            sa.update(flows)
            .where(flows.c.workflow_uuid.like(f"{engine.workflow_id(working)}-%"))
            .values(parent_workflow_id=engine.workflow_id(working))
        )
        two = [f"{engine.workflow_id(working)}-{number}" for number in (0, 1)]
        session.execute(
            sa.update(flows).where(flows.c.workflow_uuid.in_(two)).values({**begun, "executor_id": "host-1"})
        )
        session.execute(
            sa.update(flows)
            .where(flows.c.workflow_uuid == engine.workflow_id(waiting))
            .values(queue_name=queues.own("host-9-publish")[0])
        )
    with database.reading() as session:
        depths, in_hand = watching.depths(session), watching.in_hand(session)

    assert {name: depth.waiting for name, depth in depths.items() if depth.waiting} == {
        "recordings": 1,
        "windows": 1,
    }
    assert {"recordings", "windows"} <= depths.keys()
    assert in_hand == {
        "host-0": Counter({working.id: 0, third.id: 0}),
        "host-1": Counter({working.id: 2}),
    }


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
