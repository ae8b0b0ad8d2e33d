"""The proof of many recordings in small; `./dev bench scale --only many` is the large one."""

from pathlib import Path

from tests.bench.many import prove
from tests.postgres import PostgresServer

COUNT = 16


def test_many_short_recordings_sent_by_the_api_all_arrive_once_by_three_workers(
    postgres: PostgresServer, weights: Path
) -> None:
    found = prove(weights, COUNT, server=postgres)

    assert (found["broken"], found["examples"]) == (0, [])
    assert sum(found["windows_by_worker"]) == COUNT
