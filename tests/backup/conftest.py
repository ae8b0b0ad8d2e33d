"""A filled service, and the four kinds of place to which it can be brought."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.backends import Backends
from app.migrate import migrate
from tests.backup.service import fill, opened
from tests.postgres import PostgresServer
from tests.storage.seaweed import Seaweed, running_seaweed

#: Opens an empty service: (database, store).
Place = Callable[[str, str], Backends]


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One S3 server for these tests."""
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("hearth-backups")
        yield server


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Path:
    """The data directory of a filled service on SQLite and a folder; to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(migrated_database, folder / "hearth.db")
    backends = opened(folder)
    fill(backends)
    backends.database.checkpoint()
    backends.database.dispose()
    return folder


@pytest.fixture
def filled(filled_folder: Path, tmp_path: Path) -> Iterator[Backends]:
    """A filled service of this test's own."""
    shutil.copytree(filled_folder, tmp_path / "old")
    backends = opened(tmp_path / "old")
    yield backends
    backends.database.dispose()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Opens empty services; servers are started for those who ask for one."""
    made: list[Backends] = []

    def make(database: str, store: str) -> Backends:
        name = uuid.uuid4().hex
        database_url = store_url = ""
        if database == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            database_url = server.database(name)
        if store == "s3":
            seaweed: Seaweed = request.getfixturevalue("seaweed")
            store_url = seaweed.store_url("hearth-backups", prefix=name)
            for variable, value in seaweed.environment.items():
                monkeypatch.setenv(variable, value)
        made.append(opened(tmp_path / name, database_url, store_url))
        return made[-1]

    yield make
    for backends in made:
        backends.database.dispose()


@pytest.fixture
def target(place: Place) -> Backends:
    """Nothing, on SQLite and a folder."""
    return place("sqlite", "folder")


@pytest.fixture
def on_postgres(place: Place) -> Backends:
    """Nothing, on PostgreSQL and a folder, with its tables made: as after the release step."""
    backends = place("postgresql", "folder")
    migrate(backends.settings.database_url)
    return backends
