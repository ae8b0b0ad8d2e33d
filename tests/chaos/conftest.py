"""The ground that the tests of every day share."""

from collections.abc import Iterator

import pytest

from tests.chaos.__main__ import undisturbed
from tests.chaos.ground import Ground


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Services on SQLite and a folder, and what their sounds become when nothing happens."""
    folder = tmp_path_factory.mktemp("chaos")
    with Ground(folder / "ground", {}) as ground:
        undisturbed(ground, folder / "first", ("short", "parts"))
        yield ground
