"""A real worker that stands still once at a chosen moment of a chosen step: killed there, or woken late.

`python -m tests.pipeline.paused_worker STEP before|after MARKER [WINDOW] [--dead-after S] [--made-words]`: at
the moment it writes MARKER and does nothing more until there is a MARKER.go; then it writes into MARKER.end
how the step went. Where MARKER is already there it just works. "after" is the worst moment: the step's rows
are committed, and the engine does not know it yet.
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
from tests.fakes import SaidAloud


def beside(marker: Path, ending: str) -> Path:
    """The file that wakes it ("go"), or that says how the step went ("end")."""
    return marker.with_name(f"{marker.name}.{ending}")


def stand_still(marker: Path) -> None:
    """Once, until somebody says "go"."""
    if not marker.exists():
        marker.write_text("here")
        while not beside(marker, "go").exists():
            time.sleep(0.01)


def paused(name: str, moment: str, marker: Path) -> None:
    """Put the pause around the step; "within" is for the step's own part, an engine that stands still."""
    work: Callable[..., None] = getattr(steps, name)

    def with_pause(*given: Any) -> None:
        first = not marker.exists()
        if moment == "before":
            stand_still(marker)
        try:
            work(*given)
        except BaseException as error:
            _end(marker, first, type(error).__name__)
            raise
        if moment == "after":
            stand_still(marker)
        _end(marker, first, "done")

    setattr(steps, name, with_pause)


def _end(marker: Path, first: bool, how: str) -> None:
    if first and marker.exists():
        beside(marker, "end").write_text(how)


class PausedEngine:
    """Stands still while it listens to the n-th window."""

    def __init__(self, load: Callable[[], Any], marker: Path, window: int) -> None:
        self._load, self._marker, self._left = load, marker, window

    def __getattr__(self, name: str) -> Any:
        return getattr(self._load(), name)

    def transcribe(self, *given: Any, **named: Any) -> Any:
        """As the engine."""
        self._left -= 1
        if self._left == 0:
            stand_still(self._marker)
        return self._load().transcribe(*given, **named)


def main() -> None:
    """Work as `flask worker` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step")
    parser.add_argument("moment", choices=("before", "after"))
    parser.add_argument("marker", type=Path)
    parser.add_argument("window", type=int, nargs="?", default=2)
    parser.add_argument("--dead-after", type=float, default=DEAD_AFTER_S)
    parser.add_argument("--made-words", action="store_true", help="hear them instead of what is said")
    asked = parser.parse_args()
    backends = open_backends(read_settings())
    log.set_up(backends.settings)
    if asked.made_words:
        backends = replace(backends, engine=SaidAloud)
    if asked.step == "transcribe" and asked.moment == "before":
        engine = PausedEngine(backends.engine, asked.marker, asked.window)
        backends = replace(backends, engine=lambda: engine)
        paused(asked.step, "within", asked.marker)
    else:
        paused(asked.step, asked.moment, asked.marker)
    worker.leave(worker.run(backends, dead_after_s=asked.dead_after))


if __name__ == "__main__":
    main()
