"""How a worker comes to its work: what it has room for is moved to its own queues, again and again."""

import logging
import threading
from collections.abc import Mapping

import sqlalchemy as sa

from app.db import Database
from app.pipeline import queues

#: How often a worker looks; one that has just ended something looks sooner.
LOOK_EVERY_S = 0.25
#: How long the engine takes, about, to write down that something has ended.
ENDS_WITHIN_S = 0.03

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
                self.take()
            except sa.exc.SQLAlchemyError as error:  # the database is away: the heartbeat says so
                log.warning("no work can be taken: %s", type(error).__name__)
            except Exception:  # this thread's border: a worker that takes nothing would stand there unseen
                log.exception("taking work broke")
            if self._wanted.wait(LOOK_EVERY_S):
                self._wanted.clear()
                self._stopping.wait(ENDS_WITHIN_S)

    def take(self) -> int:
        """Take what there is room for, of every kind; how much."""
        with self._database.reading() as session:
            if not queues.any_waits(session, tuple(self._limits)):
                return 0  # the usual case takes no write lock
        with self._database.begin() as session:
            return sum(
                queues.take(session, kind, self._executor_id, most) for kind, most in self._limits.items()
            )
