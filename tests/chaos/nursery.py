"""Where processes of the service are born ready: everything is imported once, then each is a fork.

A process of ours needs nearly two seconds of a core to import itself, and a run of chaos starts some
hundred and fifty. `python -m tests.chaos.nursery` reads one line of JSON for each, answers with its id,
and writes how each ended beside its log. Its children die with it, and it dies with its parent's pipe.
"""

import ctypes
import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.log import set_up as set_up  # imported here so that every child has it
from tests.chaos import stand_in

ROOT = Path(__file__).resolve().parents[2]
#: What processes of the service import late.
_READY = (
    "app.pipeline.recording", "app.web.modules", "app.search.index", "app.storage.s3", "numpy", "alembic",
    "waitress",
)  # fmt: skip


@dataclass
class Process:
    """One process of the service, and where it writes its log."""

    pid: int
    handle: int
    log: Path

    def is_alive(self) -> bool:
        """Whether it runs."""
        if self.handle < 0:
            return False
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        return not poll.poll(0)

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        with suppress(ProcessLookupError):
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, number)

    def is_frozen(self) -> bool:
        """Whether it has been stopped, and not woken."""
        with suppress(OSError, IndexError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    def kill(self) -> None:
        """As a machine that loses power would."""
        self.signal(signal.SIGKILL)
        self.wait(30)

    def wait(self, limit_s: float) -> int | None:
        """Its exit code (negative for a signal), or None where it does not end in time."""
        until_s = time.monotonic() + limit_s
        end = self.log.with_suffix(".end")
        while not end.exists():
            if time.monotonic() > until_s:
                return None
            time.sleep(0.01)
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
        return int(end.read_text())

    def end(self, limit_s: float = 40) -> int | None:
        """Ask it to go, as a deploy does; its exit code, or None where it did not go in time."""
        self.signal(signal.SIGTERM)
        return self.wait(limit_s)

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")


class Nursery:
    """The parent's end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def start(self, part: str, env: dict[str, str], log: Path, most_files: int | None = None) -> Process:
        """A process of the service: "worker", "web", "sweep" or "tags"; see tests/chaos/stand_in.py."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            log.touch()
            line = json.dumps([part, env, str(log), most_files])
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
            pid = int(self._process.stdout.readline())
            return Process(pid, os.pidfd_open(pid), log)

    def close(self) -> None:
        """End it and all that was born in it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def main() -> None:
    """Fork whoever is asked for, and bury the dead."""
    for name in _READY:
        importlib.import_module(name)
    living: dict[int, Path] = {}
    waiting = b""
    while True:
        if select.select([0], [], [], 0.01)[0]:
            read = os.read(0, 65536)
            if not read:
                break
            waiting += read
        while b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            said: Any = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _be(*said)
            living[pid] = Path(said[2])
            print(pid, flush=True)
        _bury(living)
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _bury(living: dict[int, Path]) -> None:
    """Write down how those ended that have."""
    for pid, log in list(living.items()):
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            del living[pid]
            fresh = log.with_suffix(".ending")
            fresh.write_text(str(os.waitstatus_to_exitcode(status)))
            fresh.rename(log.with_suffix(".end"))


def _be(part: str, env: dict[str, str], log: str, most_files: int | None) -> None:
    """Be that process, from its environment to its end."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    os.setpgid(0, 0)  # Ctrl-C is for whoever started us
    with open(log, "ab", buffering=0) as said, open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    if most_files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    os.environ.clear()
    os.environ.update(env)
    code = 1
    try:
        stand_in.main(part)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
        print(error, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
