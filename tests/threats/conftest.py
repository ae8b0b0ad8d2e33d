"""The filled world, made once for all tests of a file."""

from collections.abc import Iterator

import pytest

from tests.conftest import Standing
from tests.threats.filling import filled
from tests.threats.walk import Output, outputs
from tests.threats.world import World, opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[World]:
    """A service in which every payload stands in every field."""
    with opened(standing(tmp_path_factory.mktemp("grid"))) as made:
        filled(made)
        yield made


@pytest.fixture(scope="module")
def everything(world: World) -> list[Output]:
    """Every output of it."""
    return list(outputs(world))
