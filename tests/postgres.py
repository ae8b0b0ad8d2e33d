"""A PostgreSQL server of the tests' own, from Debian's binaries, in a folder that goes away."""

import os
import pwd
import shutil
import signal
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

    def __init__(self, folder: Path, *settings: str, wal_segment_mib: int = 16) -> None:
        self.folder = folder / "postgres"
        self.port = free_port()
        self._settings = [
            "listen_addresses=127.0.0.1",
            "log_min_messages=fatal",
            "max_connections=200",
            "fsync=off",
        ]
        self._settings += settings
        self._wal_segment_mib = wal_segment_mib
        self._process: subprocess.Popen[bytes] | None = None
        self._as_somebody: list[str] = []

    def __enter__(self) -> "PostgresServer":
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            self._as_somebody = self._become_somebody()
        subprocess.run(
            [*self._as_somebody, binaries() / "initdb", "-D", self.folder / "data", "-A", "trust", "-U",
             "hearth", "-E", "UTF8", "--locale=C", "--no-sync", f"--wal-segsize={self._wal_segment_mib}"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        self.start()
        return self

    def _become_somebody(self) -> list[str]:
        """The words before a command that is not to run as root."""
        if not _is_everybody_here():
            return ["unshare", "--user", "--map-user=1000"]  # nobody is not known in this user namespace
        nobody = pwd.getpwnam("nobody")
        shutil.chown(self.folder, nobody.pw_uid)
        for parent in self.folder.parents:
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
        return ["setpriv", f"--reuid={nobody.pw_uid}", "--clear-groups", "--pdeathsig=QUIT"]

    def start(self) -> None:
        """Begin, and return when it answers. Raises RuntimeError where it does not."""
        settings = [word for setting in self._settings for word in ("-c", setting)]
        self._process = subprocess.Popen(
            [*self._as_somebody, binaries() / "postgres", "-D", self.folder / "data", "-p", str(self.port),
             "-k", "", *settings],  # no socket: its path may be too long
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        for _ in range(600):
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: SIGTERM waits for clients, SIGINT ends them ("fast"), SIGQUIT is "immediate"."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def _connect(self, name: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="hearth", dbname=name, autocommit=True, connect_timeout=2
        )

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """What the server answers as a whole."""
        with self._connect("postgres") as connection:
            return connection.execute(statement.encode()).fetchall()

    def processes(self) -> list[int]:
        """Its process and those of its connections."""
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [self._process.pid, *map(int, children.split())]

    def database(self, name: str, like: str = "template1") -> str:
        """The address of a new database: empty, or a copy of one that nobody is connected to."""
        with self._connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())
        return f"postgresql+psycopg://hearth@127.0.0.1:{self.port}/{name}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGINT)


def _is_everybody_here() -> bool:
    """Whether all users of the machine are known here: no user namespace of ours."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]
