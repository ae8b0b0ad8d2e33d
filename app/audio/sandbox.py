"""One child process with limits: the only place where bytes that others sent are opened.

The child sees one folder, has no network where the kernel allows it, an empty environment and fixed limits;
it dies with the thread that runs it. This file must not know what the child does, nor of the database or
the pipeline.
"""

import contextlib
import json
import os
import re
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import imageio_ffmpeg

from app.audio.awake import AwakeClock
from app.audio.errors import Cancelled, ChildDied, ChildTimeout, Limit, SandboxBroken
from app.audio.launcher import CANNOT_START

MIB = 1 << 20
_TICK_S = 0.05
_KEPT_OUTPUT_BYTES = 64 * 1024
_KEPT_WORDS_BYTES = 256 * 1024
_LAST_WORDS_BYTES = 16 * 1024
_LAUNCHER = Path(__file__).with_name("launcher.py")
_LIMIT_OF_SIGNAL: dict[int, Limit] = {signal.SIGXCPU: Limit.CPU, signal.SIGXFSZ: Limit.OUTPUT}
_FAREWELL = re.compile(r"^(?:\[info\] )?Exiting normally, received signal (\d+)\.", re.MULTILINE)
"""How ffmpeg, which catches some signals, says that one ended it; its exit code is then 255 (ffmpeg.c)."""
_OUT_OF_MEMORY = re.compile(
    r"^(?!\[info\]|\s).*(?:Cannot allocate memory|MemoryError|out of memory|failed to map segment)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Limits:
    """What one child may use. `cpu_s` is the kernel's hard stop; `wall_s` is ours, while we are awake."""

    cpu_s: int
    wall_s: float
    output_bytes: int = 64 * MIB
    memory_bytes: int = 1024 * MIB
    open_files: int = 32
    processes: int = 64


@dataclass(frozen=True)
class Job:
    """One program, its arguments, and the folder that is its whole world.

    `readable` are further paths the program itself needs (its own libraries); never another recording.
    """

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    limits: Limits
    readable: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Finished:
    """How a child ended by itself: the head of its standard output, the last 256 KiB of what it said."""

    exit_code: int
    output: bytes
    words: str


class Child(Protocol):
    """What `run` needs of a started process; `subprocess.Popen` is one."""

    pid: int
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


class Run(Protocol):
    """The signature of `run`, for those who take it as an argument."""

    def __call__(
        self,
        job: Job,
        *,
        on_line: Callable[[str], None] | None = None,
        allowed_cpu_s: Callable[[], float] | None = None,
        cancelled: Callable[[], bool] | None = None,
        on_tick: Callable[[int], None] | None = None,
    ) -> Finished: ...


def ffmpeg_path(configured: str | None = None) -> Path:
    """The ffmpeg to use: the one that the operator named (`HEARTH_FFMPEG`), or the one of imageio-ffmpeg."""
    try:
        return Path(configured or imageio_ffmpeg.get_ffmpeg_exe()).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise SandboxBroken(f"There is no ffmpeg at {configured or 'the usual places'}.") from error


def run(
    job: Job,
    *,
    on_line: Callable[[str], None] | None = None,
    allowed_cpu_s: Callable[[], float] | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_tick: Callable[[int], None] | None = None,
    spawn: Callable[[dict[str, Any]], Child] | None = None,
) -> Finished:
    """Run the child to its end, whatever its exit code.

    `on_line` gets each line of standard output as it comes; what it raises ends the child. `allowed_cpu_s`
    is asked again and again: processor time may grow with what was done, never with what the file declares.
    `cancelled` is looked at every 50 ms, and `on_tick` gets the child's process id as often. Raises
    ChildDied, ChildTimeout, Cancelled, SandboxBroken. Call it from a thread that stays until it returns: the
    kernel kills the child when that thread ends (prctl(2), PR_SET_PDEATHSIG).
    """
    clock = AwakeClock()
    child = (spawn or _spawn)(specification(job))
    try:
        return _attend(child, job.limits, clock, on_line, allowed_cpu_s, cancelled, on_tick)
    finally:
        _end(child)


def specification(job: Job) -> dict[str, Any]:
    """The job in the launcher's words."""
    return {
        "program": str(job.program),
        "arguments": list(job.arguments),
        "folder": str(job.folder.resolve()),
        "readable": [str(path) for path in job.readable],
        "parent": os.getpid(),
        **{name: value for name, value in asdict(job.limits).items() if name != "wall_s"},
    }


def launch(spec: dict[str, Any]) -> list[str]:
    """The command that starts a child so specified."""
    return [sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(spec)]


def _spawn(spec: dict[str, Any]) -> Child:
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.Popen(launch(spec), stdin=null, stdout=pipe, stderr=pipe, env={}, process_group=0)
    except OSError as error:
        raise SandboxBroken(f"The child could not be started: {error.strerror}.") from error


@dataclass
class _Heard:
    """What was read from a child so far, bounded: a child that floods us fills nothing."""

    on_line: Callable[[str], None] | None
    output: bytes = b""
    words: bytes = b""
    rest: bytes = b""

    def take_output(self, data: bytes) -> None:
        self.output = (self.output + data)[:_KEPT_OUTPUT_BYTES]
        if self.on_line is not None:
            *lines, rest = (self.rest + data).split(b"\n")
            self.rest = rest[-_LAST_WORDS_BYTES:]
            for line in lines:
                self.on_line(line.decode("utf-8", "replace").strip())

    def take_words(self, data: bytes) -> None:
        self.words = (self.words + data)[-_KEPT_WORDS_BYTES:]

    def all_words(self) -> str:
        return self.words.decode("utf-8", "replace").strip()

    def last_words(self) -> str:
        return self.words[-_LAST_WORDS_BYTES:].decode("utf-8", "replace").strip()


def _attend(
    child: Child,
    limits: Limits,
    clock: AwakeClock,
    on_line: Callable[[str], None] | None,
    allowed_cpu_s: Callable[[], float] | None,
    cancelled: Callable[[], bool] | None,
    on_tick: Callable[[int], None] | None,
) -> Finished:
    heard = _Heard(on_line)
    takers = {child.stdout: heard.take_output, child.stderr: heard.take_words}
    with selectors.DefaultSelector() as selector:
        for pipe in takers:
            selector.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type]  # started with both
        while True:
            for data, pipe in _read(selector, child.pid):
                takers[pipe](data)
            if not selector.get_map() and child.poll() is not None:
                break
            after_s = clock.passed_s()
            if on_tick is not None:
                on_tick(child.pid)
            if cancelled is not None and cancelled():
                raise Cancelled("The work was asked to stop.")
            if after_s > limits.wall_s or _too_busy(child.pid, allowed_cpu_s):
                raise ChildTimeout(after_s=after_s, last_words=heard.last_words())
    return _classify(child.wait(), heard, limits)


def _read(selector: selectors.BaseSelector, pid: int) -> Iterator[tuple[bytes, Any]]:
    if not selector.get_map():  # both pipes are closed and the child still lives, as a rule for a moment
        _wait_for_end(pid)
        return
    for key, _ in selector.select(_TICK_S):
        data = os.read(key.fd, 65536)
        if data:
            yield data, key.fileobj
        else:
            selector.unregister(key.fileobj)


def _wait_for_end(pid: int) -> None:
    """Until the child ends, and no longer than a tick."""
    try:
        ending = os.pidfd_open(pid)
    except OSError:  # an old kernel, or a container that does not allow it
        time.sleep(_TICK_S)
        return
    try:
        waiting = select.poll()
        waiting.register(ending, select.POLLIN)
        waiting.poll(_TICK_S * 1000)
    finally:
        os.close(ending)


def _too_busy(pid: int, allowed_cpu_s: Callable[[], float] | None) -> bool:
    if allowed_cpu_s is None:
        return False
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended, or there is no /proc: the kernel's own limit stays
        return False
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > allowed_cpu_s()


def _classify(status: int, heard: _Heard, limits: Limits) -> Finished:
    words, last_words = heard.all_words(), heard.last_words()
    if status == CANNOT_START and "launcher:" in words:
        raise SandboxBroken(words)
    farewell = _FAREWELL.search(words) if status > 0 else None
    number = -status if status < 0 else int(farewell[1]) if farewell else 0
    if number:
        raise ChildDied(signal=number, limit=_LIMIT_OF_SIGNAL.get(number), last_words=last_words)
    if status != 0 and _OUT_OF_MEMORY.search(words):
        raise ChildDied(signal=None, limit=Limit.MEMORY, last_words=last_words)
    return Finished(status, heard.output, words)


def _end(child: Child) -> None:
    """Nothing of the child is left: neither the process and its group, nor its pipes."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # it may not have its own group yet
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
