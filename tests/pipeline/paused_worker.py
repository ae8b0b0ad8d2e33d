"""A real worker that stands still once at a chosen moment of a chosen step, so that it can be killed there.

`python -m tests.pipeline.paused_worker STEP before|after MARKER [WINDOW] [--dead-after S]`: at the moment
it writes MARKER and does nothing more; where MARKER is already there it just works. "after" is the worst
moment: the step's rows are committed, and the engine does not know it yet.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import log
from app.backends import open_backends
from app.pipeline import steps, worker
from app.pipeline.engine import DEAD_AFTER_S
from app.settings import read_settings


def paused(name: str, moment: str, marker: Path) -> None:
    """Put the pause around the step."""
    work: Callable[..., None] = getattr(steps, name)

    def with_pause(*given: Any) -> None:
        if moment == "after":
            work(*given)
        if not marker.exists():
            marker.write_text(name)
            time.sleep(3600)
        if moment == "before":
            work(*given)

    setattr(steps, name, with_pause)


class PausedEngine:
    """Stands still while it listens to the n-th window."""

    def __init__(self, load: Callable[[], Any], marker: Path, window: int) -> None:
        self._load, self._marker, self._left = load, marker, window

    def __getattr__(self, name: str) -> Any:
        return getattr(self._load(), name)

    def transcribe(self, *given: Any, **named: Any) -> Any:
        """As the engine."""
        self._left -= 1
        if self._left == 0 and not self._marker.exists():
            self._marker.write_text("transcribe")
            time.sleep(3600)
        return self._load().transcribe(*given, **named)


def main() -> None:
    """Work as `flask worker` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step")
    parser.add_argument("moment", choices=("before", "after"))
    parser.add_argument("marker", type=Path)
    parser.add_argument("window", type=int, nargs="?", default=2)
    parser.add_argument("--dead-after", type=float, default=DEAD_AFTER_S)
    asked = parser.parse_args()
    backends = open_backends(read_settings())
    log.set_up(backends.settings)
    if asked.step == "transcribe" and asked.moment == "before":
        engine = PausedEngine(backends.engine, asked.marker, asked.window)
        backends = replace(backends, engine=lambda: engine)
    else:
        paused(asked.step, asked.moment, asked.marker)
    worker.leave(worker.run(backends, dead_after_s=asked.dead_after))


if __name__ == "__main__":
    main()
