"""The grounds that the tests of every day share."""

from collections.abc import Iterator

import pytest

from tests.chaos.__main__ import undisturbed
from tests.chaos.ground import Ground
from tests.chaos.servers import Servers
from tests.postgres import PostgresServer
from tests.storage.seaweed import Seaweed, running_seaweed


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Services on SQLite and a folder, and what their sounds become when nothing happens."""
    folder = tmp_path_factory.mktemp("chaos")
    with Ground(folder / "ground") as ground:
        undisturbed(ground, folder / "first", ("short", "parts"))
        yield ground


@pytest.fixture(scope="package")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One S3 server for all tests in here."""
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="package")
def real_ground(ground: Ground, postgres: PostgresServer, seaweed: Seaweed) -> Iterator[Ground]:
    """Services on PostgreSQL and an S3 server, whose sounds become the same."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in seaweed.environment.items():
            environment.setenv(name, value)
        servers = Servers(postgres, seaweed)
        servers.prepare()
        with Ground(ground.folder, servers) as real:
            yield real
