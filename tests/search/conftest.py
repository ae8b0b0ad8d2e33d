"""An empty library for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library without episodes."""
    library = Library(tmp_path / "library.db")
    yield library
    library.close()
