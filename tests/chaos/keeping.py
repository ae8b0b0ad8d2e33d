"""A supervisor as every operator has one: a web process that ended is started again at once."""

import threading
from pathlib import Path
from types import TracebackType

from tests.chaos.holding import still_broken
from tests.chaos.nursery import Process
from tests.chaos.orders import labels
from tests.chaos.place import Place
from tests.chaos.trial import Trial


class Kept:
    """A web process for the length of a block; each of its deaths is a fault, after which all must hold."""

    def __init__(self, trial: Trial, place: Place, points: Path) -> None:
        self._trial, self._place, self._points = trial, place, points
        self._process: Process | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> None:
        self._process = self._place.start("web")
        self._place.wait_for_web(self._process)
        self._thread.start()

    def _keep(self) -> None:
        died = len(labels(self._points))
        while not self._over.wait(0.05):
            if self._process is None or self._process.is_alive():
                continue
            now = len(labels(self._points))
            self._trial.expect(now == died + 1, f"web ended by itself: {self._process.said()[-500:]}")
            died = now
            self._trial.fault()
            self._trial.broken += still_broken(self._place)
            self._process = self._place.start("web")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._process is not None:
            self._process.kill()
