"""What every test may ask for: settings, backends, a session, an app and a client.

Each test has a data directory of its own with a database made by the real migrations (copied from
one that is migrated once a run) and a folder store.
"""

import gc
import io
import json
import logging
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends, open_backends
from app.db import Database
from app.log import make_formatter
from app.migrate import migrate
from app.pipeline.engine import create_tables
from app.settings import Settings, read_settings
from tests.compiled import compile_once
from tests.fakes import KeptMail, SetClock
from tests.order import in_turn
from tests.postgres import PostgresServer
from transcription.weights import fetch_weights

#: Gives the lines of the log that were written so far.
Written = Callable[[], list[dict[str, Any]]]
#: Makes an empty service in a folder; what its settings are read from.
Standing = Callable[[Path], dict[str, str]]

ROOT = Path(__file__).resolve().parent.parent

# What an example takes says nothing here: the machine may be busy with speech.
hypothesis.settings.register_profile(
    "hearth", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("hearth")
compile_once()

#: Memory that looks like a folder: who writes there waits for no disk, which is most of a test's waiting.
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 * 2**30
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # read by pytest when it makes `tmp_path`


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--with openai`: also the tests of an extra, which has to be installed.

    `--on postgresql`: the service of every test stands on PostgreSQL instead of the embedded default.
    """
    parser.addoption("--with", dest="extras", action="append", default=[], choices=["openai"])
    parser.addoption("--on", dest="engine", default="sqlite", choices=["sqlite", "postgresql"])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays: the collector rests meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Processes that share the files begin with the longest; within a file the order stays random."""
    if hasattr(config, "workerinput"):
        begun = {path: at for at, path in enumerate(in_turn(Counter(item.path for item in items)))}
        items.sort(key=lambda item: begun[item.path])


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules stay until the end: the collector need not look at them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest version."""
    path = tmp_path_factory.mktemp("database") / "hearth.db"
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    create_tables(database)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests of a run; each makes databases of its own in it.

    Not below pytest's own folder, which every other run of pytest closes to the server's user.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder, PostgresServer(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database(uuid.uuid4().hex)


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of real Whisper weights, fetched where they are missing."""
    return fetch_weights("base", Path(os.environ.get("HEARTH_WEIGHTS") or ROOT / "data" / "weights"))


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database at the newest version, to make others like it."""
    url = postgres.database("migrated")
    migrate(url)
    database = Database(url)
    create_tables(database)
    database.dispose()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at the newest version on each engine in turn, for tests that need no web application."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_database"), tmp_path / "migrated.db")
        url = f"sqlite:///{tmp_path / 'migrated.db'}"
    else:
        like: str = request.getfixturevalue("migrated_postgres")
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database(uuid.uuid4().hex, like)
    opened = Database(url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def standing(request: pytest.FixtureRequest) -> Standing:
    """Makes services with embedded defaults; on PostgreSQL where that is asked for."""
    on_postgres = request.config.getoption("engine") == "postgresql"
    like = request.getfixturevalue("migrated_postgres" if on_postgres else "migrated_database")
    server: PostgresServer | None = request.getfixturevalue("postgres") if on_postgres else None

    def stand(data: Path) -> dict[str, str]:
        data.mkdir(parents=True, exist_ok=True)
        said = {"HEARTH_DATA": str(data), "HEARTH_SECRET": "not a secret, only for the tests of it"}
        if server is not None:
            return said | {"DATABASE_URL": server.database(uuid.uuid4().hex, like)}
        shutil.copy(like, data / "hearth.db")
        return said

    return stand


@pytest.fixture
def settings(standing: Standing, tmp_path: Path) -> Settings:
    """A service in a directory of this test's own."""
    return read_settings(standing(tmp_path / "data"))


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands until the test moves it."""
    return SetClock()


@pytest.fixture
def backends(settings: Settings, clock: SetClock) -> Iterator[Backends]:
    """Backends with a folder store, kept mail and a set clock."""
    real = open_backends(settings)
    opened = Backends(settings, real.database, real.store, KeptMail(), real.engine, clock)
    yield opened
    opened.database.dispose()


@pytest.fixture
def session(backends: Backends) -> Iterator[Session]:
    """A writing session; commit before the app is to see it."""
    with backends.database.session() as session:
        yield session


@pytest.fixture
def app(backends: Backends) -> Flask:
    """The web application; errors that nobody expected are raised into the test."""
    app = create_app(backends=backends)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie."""
    return app.test_client()


@pytest.fixture
def written() -> Iterator[Written]:
    """All lines of the log from now on, as the service writes them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter("json"))
    root, quiet = logging.getLogger(), logging.getLogger("dbos")
    levels = root.level, quiet.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    quiet.setLevel(logging.WARNING)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(levels[0])
    quiet.setLevel(levels[1])
