"""A PostgreSQL server of the tests' own, from Debian's binaries, in a folder that goes away."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psycopg


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def binaries() -> Path:
    """The folder with initdb and postgres. Raises RuntimeError naming the package to install."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RuntimeError("PostgreSQL is missing: apt-get install postgresql")
    return found[-1].parent


class PostgresServer:
    """Started when entered, ended when left. PostgreSQL refuses to run as root: then it runs as nobody.

    It does not wait for the disk: a server that is killed loses nothing by that, only a machine would.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder / "postgres"
        self.port = free_port()
        self._settings = [part for setting in settings for part in ("-c", setting)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PostgresServer":
        self.folder.mkdir(parents=True)
        as_nobody: list[str] = []
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            shutil.chown(self.folder, nobody.pw_uid)
            for parent in self.folder.parents:
                if parent.stat().st_uid == 0 and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
            as_nobody = ["setpriv", f"--reuid={nobody.pw_uid}", "--clear-groups"]
        data = self.folder / "data"
        subprocess.run(
            [*as_nobody, binaries() / "initdb", "-D", data, "-A", "trust", "-U", "hearth", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        self._process = subprocess.Popen(
            [*as_nobody, binaries() / "postgres", "-D", data, "-p", str(self.port), "-k", self.folder,
             "-c", "listen_addresses=127.0.0.1", "-c", "log_min_messages=fatal", "-c", "max_connections=200",
             "-c", "fsync=off", *self._settings],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        for _ in range(100):
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError("PostgreSQL did not start")

    def _connect(self, name: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="hearth", dbname=name, autocommit=True, connect_timeout=2
        )

    def database(self, name: str, like: str = "template1") -> str:
        """The address of a new database: empty, or a copy of one that nobody is connected to."""
        with self._connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())
        return f"postgresql+psycopg://hearth@127.0.0.1:{self.port}/{name}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
