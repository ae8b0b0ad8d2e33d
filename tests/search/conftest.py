"""An empty library for each test, on both databases."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.library import Library


@pytest.fixture(params=["sqlite", "postgresql"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A library without episodes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'library.db'}"
    else:
        url = request.getfixturevalue("postgres").database(uuid.uuid4().hex)
    library = Library(url)
    yield library
    library.close()


@pytest.fixture
def sqlite_library(tmp_path: Path) -> Iterator[Library]:
    """A library on SQLite, for what only its files can show."""
    library = Library(f"sqlite:///{tmp_path / 'library.db'}")
    yield library
    library.close()
