"""Processes that start while their database is away, as after a power cut that all machines had."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.backends import Backends, open_backends
from app.migrate import migrate
from app.pipeline.engine import create_tables
from tests.pipeline.making import ROOT, environment, wait_for, worker, workers
from tests.postgres import PostgresServer
from tests.storage.test_s3 import answering
from tests.web.serving import running, settings_for


@dataclass
class Away:
    """A service whose database comes and goes."""

    server: PostgresServer
    backends: Backends

    def start_again(self) -> None:
        """Bring it back as it was."""
        if not self.server.is_alive():
            self.server.start()

    def stop(self) -> None:
        """Take it away, whoever is connected."""
        self.backends.database.dispose()
        self.server.stop(signal.SIGINT)


@pytest.fixture
def away(service: Away) -> Away:
    service.stop()
    return service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    folder = tmp_path_factory.mktemp("away")
    folder.chmod(0o755)
    with PostgresServer(folder) as server:
        url = server.database("hearth")
        migrate(url)
        backends = open_backends(settings_for(folder, DATABASE_URL=url))
        create_tables(backends.database)
        yield Away(server, backends)
        backends.database.dispose()


@pytest.mark.parametrize("command", [("check",), ("migrate",), ("user", "list")])
def test_a_command_says_in_a_line_that_the_database_is_away(
    away: Away, weights: Path, command: tuple[str, ...]
) -> None:
    said = _flask(away.backends, weights, *command)

    assert said.returncode == 1
    assert said.stderr.startswith("Error: DATABASE_URL names a database that does not serve us")
    assert "Traceback" not in said.stderr


def test_worker_and_web_wait_until_it_is_back(away: Away, weights: Path) -> None:
    with worker(environment(away.backends, weights)) as member, running(away.backends.settings) as url:
        before = requests.get(url, timeout=20)
        patient = member.process.poll()
        away.start_again()
        wait_for(lambda: workers(away.backends), 60)
        wait_for(lambda: requests.get(url, timeout=20).status_code == 200, 60)
        member.process.send_signal(signal.SIGTERM)
        code = member.process.wait(30)

    assert before.status_code == 503
    assert before.headers["Retry-After"]
    assert patient is None
    assert code == 0


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_worker_with_the_wrong_database_ends_in_words(away: Away, weights: Path, name: str) -> None:
    away.start_again()
    if name == "empty":
        away.server.database(name)
    wrong = away.backends.settings.database_url.rpartition("/")[0] + f"/{name}"

    said = _flask(away.backends, weights, "worker", DATABASE_URL=wrong)

    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert ("nowhere" if name == "nowhere" else "flask migrate") in said.stderr


@pytest.mark.parametrize("command", ["web", "worker", "check"])
def test_a_file_that_is_no_database_is_said_in_a_line(
    tmp_path: Path, service: Away, weights: Path, command: str
) -> None:
    (tmp_path / "hearth.db").write_bytes(b"these are holiday pictures " * 400)

    said = _flask(service.backends, weights, command, DATABASE_URL=f"sqlite:///{tmp_path}/hearth.db")

    assert said.returncode == 1
    assert (
        "Error: DATABASE_URL names a database that does not serve us: file is not a database" in said.stderr
    )
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 x\r\n", "does not know the key in AWS_ACCESS_KEY_ID"),
        (b"HTTP/1.1 500 x\r\n", "uploads need the CORS rule of the bucket: run this again"),
    ],
)
def test_a_store_that_refuses_us_ends_the_release_step_and_one_that_is_away_does_not(
    tmp_path: Path, service: Away, weights: Path, answer: bytes, words: str
) -> None:
    body = b"<Error><Code>InvalidAccessKeyId</Code></Error>" if b"403" in answer else b""
    head = answer + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with answering(head + body) as (endpoint, _):
        store = f"s3://hearth?endpoint={endpoint}&region=us-east-1&path_style=1"
        said = _flask(
            service.backends, weights, "migrate",
            DATABASE_URL=f"sqlite:///{tmp_path}/hearth.db", HEARTH_STORE_URL=store,
            AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="key", AWS_MAX_ATTEMPTS="1",
        )  # fmt: skip

    assert said.returncode == int(bool(body))
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def _flask(
    backends: Backends, weights: Path, *command: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *command],
        env=environment(backends, weights, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
