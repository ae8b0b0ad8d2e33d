"""`./dev serve` as it is typed: what ends it, what it survives, and that nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.backends import Backends, open_backends
from app.settings import read_settings
from tests.audio.sounds import generate
from tests.pipeline.making import ROOT, enqueue, is_alive, ready, wait_for
from tests.postgres import free_port


@dataclass
class Served:
    """A running `./dev serve` and its data."""

    process: subprocess.Popen[bytes]
    backends: Backends
    said: Path

    def child(self, word: str) -> int | None:
        """The process id of web or worker, if it runs."""
        for pid in children(self.process.pid):
            if command(pid).split()[-1:] == [word]:
                return pid
        return None


def children(pid: int) -> set[int]:
    """Living children of a process."""
    found = set()
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found |= {int(child) for child in tasks.read_text().split()}
    return found


def command(pid: int) -> str:
    """The words that a process was started with."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@contextmanager
def serving(tmp_path: Path, weights: Path, **more: str) -> Iterator[Served]:
    """`./dev serve` in a process group of its own, on a new data directory."""
    said = tmp_path / "said"
    env = {
        **os.environ,
        "HEARTH_VENV": sys.prefix,
        "HEARTH_DATA": str(tmp_path / "data"),
        "HEARTH_WEIGHTS": str(weights.parent),
        "PORT": str(free_port()),
        **more,
    }
    env.pop("DATABASE_URL", None)
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "dev"), "serve"],
            env=env, cwd=tmp_path, stdout=output, stderr=output, process_group=0,
        )  # fmt: skip
    backends = open_backends(read_settings(env))
    try:
        yield Served(process, backends, said)
    finally:
        everything = descendants(process.pid)
        for pid in (process.pid, *everything):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        backends.database.dispose()


def descendants(pid: int) -> set[int]:
    found = children(pid)
    return found | {grandchild for child in found for grandchild in children(child)}


@pytest.fixture
def served(tmp_path: Path, weights: Path) -> Iterator[Served]:
    """The service, with its worker at work."""
    with serving(tmp_path, weights) as found:
        wait_for(lambda: found.child("worker"), 90)
        yield found


@pytest.fixture(scope="session")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour that takes a while to check."""
    return generate("anoisesrc=d=3600:a=0.1", tmp_path_factory.mktemp("long") / "noise.flac")


@pytest.mark.parametrize("way", ["ctrl-c", "sigterm"])
def test_web_worker_and_what_reads_sound_end_with_it(way: str, served: Served, long_sound: Path) -> None:
    enqueue(served.backends, ready(served.backends, long_sound))
    started = wait_for(
        lambda: any("ffmpeg" in command(pid) for pid in descendants(served.process.pid)), 60
    ) and descendants(served.process.pid)
    if way == "ctrl-c":
        os.killpg(served.process.pid, signal.SIGINT)
    else:
        served.process.terminate()

    assert served.process.wait(20) == 0
    wait_for(lambda: not any(is_alive(pid) for pid in started), 5)


def test_a_worker_that_is_killed_again_and_again_is_started_again(served: Served) -> None:
    for _ in range(2):
        killed = wait_for(lambda: served.child("worker"), 20)
        os.kill(killed or 0, signal.SIGKILL)
        wait_for(lambda last=killed: served.child("worker") not in (None, last), 20)  # type: ignore[misc]
    time.sleep(1)

    assert served.process.poll() is None
    address = f"http://127.0.0.1:{served.backends.settings.port}/robots.txt"
    assert urllib.request.urlopen(address, timeout=5).status == 200
    assert served.said.read_text().count("The worker process ended; starting it again") == 2


def test_a_worker_that_cannot_be_started_at_all_ends_it_with_its_code(tmp_path: Path, weights: Path) -> None:
    with serving(tmp_path, weights, HEARTH_FFMPEG="/nowhere/ffmpeg") as served:
        assert served.process.wait(90) == 1
    assert "There is no ffmpeg at /nowhere/ffmpeg" in served.said.read_text()
