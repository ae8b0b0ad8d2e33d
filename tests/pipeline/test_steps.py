"""Every step alone: done twice it leaves the same, and it never works with a transaction open."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.audio.errors import Cancelled
from app.backends import Backends
from app.models import PublishWish, Recording, Step
from app.pipeline import steps
from app.pipeline.border import Hands, Overtaken
from tests.fakes import KeptMail, SaidAloud, Watched
from tests.pipeline.making import WORK, all_the_way, do, look, ready
from tests.transactions import transactions

#: Columns that say when, not what; and keys of rows that may be made anew.
WHEN = {"id", "created_at", "changed_at", "finished_at", "tagged_at", "step_started_at", "done_at", "runs"}


def left_behind(backends: Backends) -> dict[str, Any]:
    """All rows of ours but for their times and ids, and all objects by their bytes."""
    metadata = Recording.metadata
    found: dict[str, Any] = {}
    with backends.database.reading() as session:
        for table in metadata.sorted_tables:
            columns = [
                column
                for column in table.columns
                if column.name not in WHEN and not (column.foreign_keys and column.name == "transcript_id")
            ]
            rows = session.execute(sa.select(*columns)).all()
            found[table.name] = sorted(json.dumps([str(value) for value in row]) for row in rows)
    for info in backends.store.list():
        found[info.key] = hashlib.sha256(backends.store.read_range(info.key)).hexdigest()
    return found


@pytest.mark.parametrize("step", Step)
def test_a_step_done_twice_leaves_what_it_leaves_when_done_once(
    step: Step, hands: Hands, voice: Path
) -> None:
    backends = hands.backends
    recording_id = ready(backends, voice, wish=PublishWish.when_ready)

    assert all_the_way(backends, recording_id, step)
    once = left_behind(backends)

    assert do(backends, recording_id, step)
    assert left_behind(backends) == once


def test_the_last_step_of_a_recording_that_arrived_says_that_it_arrived(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)

    assert all_the_way(hands.backends, recording_id)
    assert do(hands.backends, recording_id, Step.index)
    assert not do(hands.backends, recording_id, Step.join)


def test_what_a_worker_wrote_that_was_overtaken_meanwhile_counts_for_nothing(
    hands: Hands, voice: Path
) -> None:
    backends = hands.backends
    recording_id = ready(backends, voice, wish=PublishWish.when_ready)
    all_the_way(backends, recording_id, Step.transcribe)
    frozen = look(backends, recording_id)
    do(backends, recording_id, Step.join)
    do(backends, recording_id, Step.index)
    before = left_behind(backends)
    kept = look(backends, recording_id).episode.transcript_id
    frozen.step = Step.join

    for step in (Step.receive, Step.inspect, Step.windows, Step.join, Step.index):
        with pytest.raises((Overtaken, Cancelled)):  # a slow child is told that nobody wants it
            WORK[step](hands, frozen)

    assert left_behind(backends) == before
    assert look(backends, recording_id).episode.transcript_id == kept
    assert look(backends, recording_id).step is Step.index


def test_a_step_never_goes_back_behind_a_later_one(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    all_the_way(hands.backends, recording_id, Step.windows)

    assert not do(hands.backends, recording_id, Step.inspect)
    assert look(hands.backends, recording_id).step is Step.windows


def test_no_transaction_is_open_while_a_child_a_store_a_mail_or_the_engine_works(
    backends: Backends, voice: Path
) -> None:
    called: list[str] = []
    wrong: list[str] = []
    recording_id = ready(backends, voice, wish=PublishWish.when_ready)
    with transactions(backends) as is_open:

        def note(name: str) -> None:
            called.append(name)
            if is_open():
                wrong.append(name)

        engine = Watched(SaidAloud(), note)
        watched = replace(
            backends,
            store=Watched(backends.store, note),
            mailer=Watched(KeptMail(), note),
            engine=lambda: engine,
        )
        with children(lambda: note("child")):
            Hands.take(watched, "here")
            arrived = all_the_way(watched, recording_id)
            steps.tell(watched, recording_id, 1)
            Hands.let_go()

    assert arrived
    assert {"child", "download", "put_file", "read_range", "delete", "send", "transcribe"} <= set(called)
    assert wrong == []


@contextmanager
def children(begun: Callable[[], None]) -> Iterator[None]:
    """Calls `begun` for each child process. An audit hook stays for ever: it is switched off at the end."""
    watching = [True]

    def hear(name: str, _given: tuple[Any, ...]) -> None:
        if name == "subprocess.Popen" and watching:
            begun()

    sys.addaudithook(hear)
    yield
    watching.clear()
