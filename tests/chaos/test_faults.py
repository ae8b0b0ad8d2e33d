"""One of each kind of fault, with a fixed seed: the service survives it and everything holds afterwards.

All of them, many times: `./dev chaos`, and `./dev chaos --real`.
"""

from pathlib import Path

import pytest

from tests.chaos.__main__ import run
from tests.chaos.ground import Ground
from tests.chaos.table import ROWS
from tests.chaos.trial import Row

SEED = 7
#: The other kinds have a test of every day elsewhere; the table names it.
HERE = ("points", "web-goes", "locked", "store-upload", "full-upload", "at-once", "idle")
#: On PostgreSQL and an S3 server: killed, frozen, database restarted, a bad line, no room, cut, at once.
HERE_FOR_REAL = ("crew-points", "sleepers", "restarts", "line-work", "full-postgres", "line-cuts", "twenty")


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in HERE], ids=lambda row: row.name)
def test_everything_holds_after_a_fault(row: Row, ground: Ground, tmp_path: Path) -> None:
    trial = run(row, ground, tmp_path / row.name, SEED, few=True)

    assert trial.broken == []
    assert trial.faults > 0


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in HERE_FOR_REAL], ids=lambda row: row.name)
def test_everything_holds_after_a_fault_of_several_workers_on_servers(
    row: Row, real_ground: Ground, tmp_path: Path
) -> None:
    trial = run(row, real_ground, tmp_path / row.name, SEED, few=True)

    assert trial.broken == []
    assert trial.faults > 0
