"""How a worker comes to its work: what it has room for is moved to its own queues, and begun.

While a worker waits it asks one small question four times a second. The engine's own look at a queue is
dearer; it stays as a net, for what a process that was here before has left.
"""

import logging
import threading
from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa

from app.db import Database
from app.pipeline import engine, queues

#: How often a worker looks; one that has just ended something looks sooner.
LOOK_EVERY_S = 0.25
#: The engine's own looks at the queues of a worker that takes.
NET_EVERY_S = 5.0
#: The engine writes down that something has ended a moment after we hear of it.
ENDS_AFTER_S = (0.02, 0.03, 0.05, 0.1)

log = logging.getLogger("hearth.worker")


class Taker:
    """The thread that takes work for this process, as much as its limits allow."""

    def __init__(self, database: Database, executor_id: str, limits: Mapping[str, int]) -> None:
        self._database = database
        self._executor_id = executor_id
        self._limits = limits
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taker", daemon=True)

    def start(self) -> None:
        """Begin to take."""
        self._thread.start()

    def look_now(self) -> None:
        """Something ends here: there will be room."""
        self._wanted.set()

    def stop(self) -> None:
        """Take nothing more. Returns when nothing more will be taken."""
        self._stopping.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take_and_begin()
                if self._wanted.wait(LOOK_EVERY_S):
                    self._wanted.clear()
                    self._follow()
            except sa.exc.SQLAlchemyError as error:  # the database is away: the heartbeat says so
                log.warning("no work can be taken: %s", type(error).__name__)
                self._stopping.wait(LOOK_EVERY_S)
            except Exception:  # this thread's border: a worker that takes nothing would stand there unseen
                log.exception("taking work broke")
                self._stopping.wait(LOOK_EVERY_S)

    def _follow(self) -> None:
        """Take what comes after something that ends."""
        for wait_s in ENDS_AFTER_S:
            if self._stopping.wait(wait_s) or self._take_and_begin():
                return

    def _take_and_begin(self) -> int:
        taken = self.take()
        if taken:
            engine.begin_now([queues.own(kind, self._executor_id) for kind in taken])
        return taken.total()

    def take(self) -> Counter[str]:
        """Take what there is room for, of every kind; how much of each."""
        with self._database.reading() as session:
            if not queues.any_waits(session, tuple(self._limits)):
                return Counter()  # the usual case takes no write lock
        with self._database.begin() as session:
            taken = Counter[str]()
            for kind, most in self._limits.items():
                taken[kind] = queues.take(session, kind, self._executor_id, most)
        return +taken
