"""nginx is told what has changed, once it has; where it is away, whoever saves something does not notice."""

import logging
import shutil
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.backends import Backends, open_backends
from app.errors import SettingsError
from app.services import shows
from app.settings import read_settings
from tests.factories import WHEN, make_show
from tests.postgres import free_port


@pytest.fixture
def told() -> Iterator[tuple[str, list[str]]]:
    """Something that listens as nginx does: its address, and the paths that it was told."""
    paths: list[str] = []

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Front) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/refresh", paths
        server.shutdown()
        thread.join()


def opened(folder: Path, database: Path, addresses: str) -> Backends:
    shutil.copy(database, folder / "hearth.db")
    env = {"HEARTH_DATA": str(folder), "HEARTH_SECRET": "x" * 32, "HEARTH_CACHE_REFRESH_URL": addresses}
    return open_backends(read_settings(env))


def test_what_is_saved_is_told_once_and_what_is_not_never(
    tmp_path: Path, migrated_database: Path, told: tuple[str, list[str]]
) -> None:
    address, paths = told
    backends = opened(tmp_path, migrated_database, address)
    with backends.database.session() as session:
        show = make_show(session, slug="rounds")
        session.commit()
        shows.touch(show, WHEN)
        session.rollback()
        with session.begin_nested():
            shows.touch(show, WHEN)
            shows.touch(show, WHEN)
        before = list(paths)
        session.commit()
    backends.database.dispose()

    assert before == []
    assert paths == ["/refresh/shows/rounds/feed.xml"]


def test_what_is_saved_stays_saved_when_no_cache_listens(
    tmp_path: Path, migrated_database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, and never answers
        addresses = f"http://127.0.0.1:{free_port()}/p http://127.0.0.1:{silent.getsockname()[1]}/p"
        backends = opened(tmp_path, migrated_database, addresses)
        with caplog.at_level(logging.WARNING, "app.caches"), backends.database.session() as session:
            show = make_show(session, slug="quiet")
            shows.touch(show, WHEN)
            session.commit()
        backends.database.dispose()

    assert [address in line for address, line in zip(addresses.split(), caplog.messages, strict=True)] == [
        True,
        True,
    ]


@pytest.mark.parametrize("address", ["https://x/refresh", "127.0.0.1:8081", "http://x/a?b=c", "http://a@b/"])
def test_an_address_that_cannot_be_told_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="HEARTH_CACHE_REFRESH_URL"):
        read_settings({"HEARTH_DATA": str(tmp_path), "HEARTH_CACHE_REFRESH_URL": address})
