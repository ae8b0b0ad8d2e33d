"""20,000 requests by everybody: nothing is a fault of ours, nothing breaks, nobody gets what is not theirs.

The walk of each role is the same every time; `python -m tests.walk` goes further and other ways.
"""

from pathlib import Path

import pytest

from tests.conftest import Standing
from tests.walk.asked import Asked, read
from tests.walk.service import serving
from tests.walk.walker import ROUTES, Walk
from tests.walk.whole import again, walk_through

SEED = 1

#: Whoever has more forms goes further.
REQUESTS = {
    "anonymous": 2300,
    "member": 2500,
    "storyteller": 2300,
    "stranger": 3000,
    "producer": 3300,
    "facilitator": 3300,
    "owner": 3300,
}


def test_the_walks_are_twenty_thousand_requests() -> None:
    assert sum(REQUESTS.values()) >= 20_000


@pytest.mark.parametrize("role", REQUESTS)
def test_nothing_that_anybody_sends_breaks_anything(tmp_path: Path, standing: Standing, role: str) -> None:
    found = walk_through(standing(tmp_path / "walk"), role, SEED, REQUESTS[role])

    assert found.failures == []
    assert sum(found.statuses.values()) == REQUESTS[role]
    assert set(ROUTES) - found.reached.keys() == set()


def test_the_same_seed_goes_the_same_way(tmp_path: Path, standing: Standing) -> None:
    ways = []
    for name in ("one", "other"):
        with serving(standing(tmp_path / name), places=2) as service:
            walk = Walk(service, "facilitator", seed=3)
            walk.go(400)
            ways.append((walk.statuses, walk.reached, sorted(walk.forms)))

    assert ways[0] == ways[1]


def test_a_request_that_was_printed_can_be_sent_again(tmp_path: Path, standing: Standing) -> None:
    line = str(Asked("producer", "GET", "/studio/episodes/{place_1.episode.id}?x=\xff"))

    with serving(standing(tmp_path / "again"), places=2) as service:
        answer, trace = again(service, read(line))

        assert (answer.status, trace) == (200, "")
        assert service.places[1].episode.title in answer.body.decode()
