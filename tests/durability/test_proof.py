"""The proof in small: a few seeded faults on each database in every run of the tests."""

import uuid
from pathlib import Path

from tests.durability.proof import prove
from tests.postgres import PostgresServer

FAULTS = 8


def test_nothing_is_lost_or_done_twice_where_the_only_worker_on_sqlite_is_killed_and_frozen(
    tmp_path: Path,
) -> None:
    report = prove(f"sqlite:///{tmp_path / 'proof.db'}", FAULTS, seed=11, workers=1, limit_s=240)

    assert (report["broken"], report["examples"], report["faults"]) == (0, [], FAULTS)
    assert report["steps_done_again"] <= FAULTS + report["stalls"]


def test_nothing_is_lost_or_done_twice_where_workers_on_postgresql_are_killed_and_frozen(
    postgres: PostgresServer,
) -> None:
    report = prove(postgres.database(f"proof-{uuid.uuid4().hex}"), FAULTS, seed=12, workers=3, limit_s=240)

    assert (report["broken"], report["examples"], report["faults"]) == (0, [], FAULTS)
    assert report["steps_done_again"] <= FAULTS + report["stalls"]
