"""The guide's whole set-up on PostgreSQL and a bucket, and an upgrade of it that nobody notices."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.deployment.place import Place, deployed
from tests.factories import make_published, make_show


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with deployed(tmp_path_factory.mktemp("place")) as running:
        with running.backends.database.begin() as session:
            make_published(session, make_show(session, slug="rounds"), slug="one")
        yield running


def test_everything_but_the_missing_worker_is_well(place: Place) -> None:
    parts = place.ask("/health").json()["parts"]

    assert {name for name, said in parts.items() if said != "ok"} == {"worker"}


def test_pages_are_answered_throughout_while_web_takes_new_code(place: Place) -> None:
    statuses: list[int] = []
    stopping = threading.Event()

    def ask() -> None:
        while not stopping.is_set():
            statuses.append(place.ask("/shows/rounds/one").status_code)

    visitors = [threading.Thread(target=ask) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        place.restart_web()
        after = len(statuses)
        deadline = time.monotonic() + 30
        while len(statuses) < after + 8 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stopping.set()
        for visitor in visitors:
            visitor.join()

    assert set(statuses) == {200}
    assert len(statuses) >= after + 8
