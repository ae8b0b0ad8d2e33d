"""The whole set-up of the guide on loopback: nginx, gunicorn, workers, and what they stand on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import requests

from app.backends import Backends, open_backends
from app.settings import read_settings
from tests.deployment.nginx import Front, prepared, running_nginx
from tests.deployment.web import ROOT, SECRET, Web, command_of, held_socket, running_web
from tests.postgres import PostgresServer
from tests.storage.seaweed import running_seaweed

Media = Literal["stream", "x-accel", "redirect"]
Database = Literal["sqlite", "postgresql"]


@dataclass(frozen=True)
class Place:
    """A running service: how it is asked, its settings, and its processes."""

    front: Front
    environment: dict[str, str]
    backends: Backends
    upstream: str
    web: Web
    nginx: "subprocess.Popen[bytes]"
    workers: "tuple[subprocess.Popen[bytes], ...]"

    def restart_web(self) -> None:
        """As `systemctl restart hearth-web` does."""
        self.web.stop()
        self.web.start()

    def ask(
        self, path: str, method: str = "GET", *, follow: bool = False, **headers: str
    ) -> requests.Response:
        """Through nginx, as a browser or an app does."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method, self.front.url + path, headers=named, timeout=60, allow_redirects=follow,
            verify=str(self.front.certificate),
        )  # fmt: skip


@contextmanager
def deployed(
    folder: Path,
    *,
    database: Database = "postgresql",
    media: Media = "redirect",
    processes: int = 1,
    workers: int = 0,
) -> Iterator[Place]:
    """Everything in this folder, from nothing, while the block lasts. `redirect` brings a store of S3."""
    folder.mkdir(parents=True, exist_ok=True)
    front = prepared(folder / "nginx")
    env = {
        "HEARTH_DATA": str(folder / "data"),
        "HEARTH_SECRET": SECRET,
        "HEARTH_PUBLIC_URL": front.url,
        "HEARTH_PROXY_HOPS": "1",
        "HEARTH_STORE_URL": (folder / "store").as_uri(),
        "HEARTH_MEDIA": media,
        "HEARTH_CACHE_REFRESH_URL": front.refresh_url,
    }
    with ExitStack() as stack:
        if database == "postgresql":
            env["DATABASE_URL"] = stack.enter_context(PostgresServer(folder)).database("hearth")
        if media == "redirect":
            (folder / "seaweed").mkdir()
            seaweed = stack.enter_context(running_seaweed(folder / "seaweed"))
            seaweed.make_bucket("hearth")
            public = seaweed.endpoint.replace("127.0.0.1", "localhost")
            env |= {"HEARTH_STORE_URL": seaweed.store_url("hearth", public_endpoint=public)}
            env |= seaweed.environment
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for name, value in seaweed.environment.items():
                patch.setenv(name, value)
        _run_to_end(env, folder, "migrate")
        backends = open_backends(read_settings(env))
        stack.callback(backends.database.dispose)
        held, upstream = stack.enter_context(held_socket())
        nginx = stack.enter_context(
            running_nginx(folder / "nginx", front, upstream, folder / "store" / "objects")
        )
        web = stack.enter_context(running_web(env, held, folder / "web.log", processes=processes))
        at_work = tuple(
            stack.enter_context(_running_worker(env, folder, number)) for number in range(1, workers + 1)
        )
        yield Place(front, env, backends, upstream, web, nginx, at_work)


def _run_to_end(env: dict[str, str], folder: Path, *command: str) -> None:
    """One command of the service, as the guide gives it."""
    with (folder / "commands.log").open("ab") as said:
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *command],
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            cwd=ROOT,
            stdout=said,
            stderr=said,
            check=True,
        )


@contextmanager
def _running_worker(env: dict[str, str], folder: Path, number: int) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / f"worker{number}.log").open("wb") as said:
        worker = subprocess.Popen(
            command_of("hearth-worker@.service", str(number)),
            env={**os.environ, "PYTHONPATH": str(ROOT), **env}, cwd=ROOT, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait(timeout=60)
