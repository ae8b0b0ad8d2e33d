"""Damaged files by the thousand through the real inspection: taken, refused, or the child died; nothing else.

`python -m tests.audio.fuzz --count 100000 --seed 1`. Children are forked from one warm process with one
thread, under the same limits as in the service, so that no Python starts for each; `--sandbox` takes the
whole way instead.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from typing import IO, Any

from app.audio import sandbox
from app.audio.errors import ChildDied, RecordingRefused
from app.audio.launcher import become
from app.audio.probe import inspect
from tests.audio.mutate import mutant
from tests.audio.sounds import FORMATS, make_format, make_voice, write_wav

SECONDS = 0.6
SHORTEST_MS = 100


class ForkedChild:
    """A child forked from this very process; looks like `subprocess.Popen` to the sandbox."""

    def __init__(self, spec: dict[str, Any]) -> None:
        out, err = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out[1], 1)
            os.dup2(err[1], 2)
            become(spec)
        os.close(out[1])
        os.close(err[1])
        self.stdout: IO[bytes] | None = os.fdopen(out[0], "rb", buffering=0)
        self.stderr: IO[bytes] | None = os.fdopen(err[0], "rb", buffering=0)
        self._code: int | None = None

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        code = self._reap(0)
        assert code is not None
        return code

    def _reap(self, how: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, how)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code


def make_seeds(folder: Path) -> list[bytes]:
    """A short recording in every format, always in the same order."""
    voice = write_wav(folder / "voice.wav", make_voice(SECONDS), make_voice(SECONDS, seed=2) * 0.6)
    return [make_format(name, voice, folder).read_bytes() for name in FORMATS]


def classify(data: bytes, path: Path, run: sandbox.Run) -> str:
    """taken, refused or died, and why. Anything else is raised: that is what we look for."""
    path.write_bytes(data)
    try:
        inspect(path, shortest_ms=SHORTEST_MS, run=run)
    except RecordingRefused as refused:
        return f"refused: {refused.code}"
    except ChildDied as died:
        return f"died: {died.limit or died.signal}"
    return "taken"


def fuzz(
    seeds: list[bytes], seed: int, numbers: range, *, whole_sandbox: bool
) -> tuple[Counter[str], list[str]]:
    """How many of each class, and what was neither."""
    run: sandbox.Run = sandbox.run if whole_sandbox else partial(sandbox.run, spawn=ForkedChild)
    classes: Counter[str] = Counter()
    unclassified = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder).resolve() / "recording"
        for number in numbers:
            try:
                classes[classify(mutant(seeds, seed, number), path, run)] += 1
            except Exception:
                unclassified.append(f"{seed}/{number}: {traceback.format_exc(limit=-3)}")
            left = [entry.name for entry in Path(folder).iterdir()]
            if left != ["recording"]:
                unclassified.append(f"{seed}/{number}: left {left}")
    return classes, unclassified


def _part(seeds: list[bytes], seed: int, numbers: range, whole_sandbox: bool) -> tuple[int, IO[bytes]]:
    """One more worker, forked before any thread exists; its findings come through a pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, os.fdopen(reading, "rb")
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(json.dumps(fuzz(seeds, seed, numbers, whole_sandbox=whole_sandbox)).encode())
    os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first mutant, to see one again"
    )
    parser.add_argument("--sandbox", action="store_true", help="start each child as the service does")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as folder:
        seeds = make_seeds(Path(folder))
    start_s = time.monotonic()
    last = options.first + options.count
    parts = [
        _part(seeds, options.seed, range(options.first + worker, last, options.workers), options.sandbox)
        for worker in range(options.workers)
    ]
    classes: Counter[str] = Counter()
    unclassified: list[str] = []
    for pid, pipe in parts:
        with pipe:
            found = json.loads(pipe.read() or b'[{}, ["a worker died"]]')
        os.waitpid(pid, 0)
        classes.update(found[0])
        unclassified += found[1]
    print(json.dumps({
        "count": options.count, "seed": options.seed, "seconds": round(time.monotonic() - start_s, 1),
        "classes": dict(classes.most_common()), "unclassified": unclassified,
    }, indent=1))  # fmt: skip
    return 1 if unclassified or sum(classes.values()) != options.count else 0


if __name__ == "__main__":
    sys.exit(main())
