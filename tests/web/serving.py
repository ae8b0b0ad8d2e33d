"""The service as its operator runs it: `flask web` in a process of its own, on a free port."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.settings import Settings, read_settings
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = "not a secret, only for the tests of it"


def settings_for(data: Path, **env: str) -> Settings:
    """Settings with a data directory and a port of their own."""
    return read_settings({"HEARTH_DATA": str(data), "HEARTH_SECRET": SECRET, "PORT": str(free_port()), **env})


#: What an operator starts.
WEB = ("flask", "--app", "app", "web")


@contextmanager
def running(settings: Settings, module: tuple[str, ...] = WEB) -> Iterator[str]:
    """The address of the service while the block lasts."""
    env = {
        **os.environ,
        "HEARTH_DATA": str(settings.data),
        "HEARTH_SECRET": settings.secret,
        "DATABASE_URL": settings.database_url,
        "HEARTH_STORE_URL": settings.store_url,
        "HEARTH_METRICS_TOKEN": settings.metrics_token,
        "PORT": str(settings.port),
        "PYTHONPATH": str(ROOT),
    }
    with (settings.data / "web.log").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", *module],
            env=env,
            cwd=ROOT,
            stdout=said,
            stderr=said,
        )
    try:
        _wait(settings.public_url, server, settings.data / "web.log")
        yield settings.public_url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            requests.get(f"{address}/robots.txt", timeout=5)
        except (requests.ConnectionError, requests.Timeout):  # it may listen before it answers
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the service did not start: {log.read_text(errors='replace')[-2000:]}")
