"""The web processes as the guide starts them: its unit's command, a socket that is handed over."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "deployment"
SECRET = "not a secret, only for the tests of it"

#: How systemd hands over a socket: for whom it is, only the child itself can say (sd_listen_fds).
_AS_SYSTEMD = "import os, sys; os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); "
_AS_SYSTEMD += "os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"


def command_of(unit: str, instance: str = "") -> list[str]:
    """The ExecStart of a unit of the guide, with the paths of this checkout."""
    found = re.search(r"^ExecStart=(.+)$", (GUIDE / unit).read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{unit} starts nothing")
    text = found[1].replace("/opt/hearth/.venv/bin", str(Path(sys.executable).parent))
    return text.replace("%H", socket.gethostname()).replace("%i", instance).split()


@contextmanager
def held_socket() -> Iterator[tuple[socket.socket, str]]:
    """What hearth-web.socket holds, and where: who asks while nobody serves waits in it."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as held:
        yield held, f"127.0.0.1:{held.getsockname()[1]}"


class Web:
    """gunicorn on a held socket; may be started anew while that holds who asks."""

    def __init__(
        self, environment: Mapping[str, str], held: socket.socket, log: Path, processes: int
    ) -> None:
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "WEB_CONCURRENCY": str(processes), **environment}
        self._held = held
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that keeps the others."""
        if self._process is None:
            raise RuntimeError("web does not run")
        return self._process.pid

    def start(self) -> None:
        """Return when it answers."""
        handle = self._held.fileno()
        start = [sys.executable, "-c", _AS_SYSTEMD, str(handle), *command_of("hearth-web.service")]
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                start, env=self._env, cwd=ROOT, stdout=said, stderr=said, pass_fds=[handle]
            )
        _wait(self._process, self._held.getsockname()[1], self._log)

    def stop(self) -> None:
        """As systemd stops it; return when it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


@contextmanager
def running_web(
    environment: Mapping[str, str], held: socket.socket, log: Path, *, processes: int = 1
) -> Iterator[Web]:
    """gunicorn on this socket while the block lasts."""
    web = Web(environment, held, log, processes)
    try:
        web.start()
        yield web
    finally:
        web.stop()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/robots.txt", timeout=5)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the service did not start: {log.read_text(errors='replace')[-2000:]}")
