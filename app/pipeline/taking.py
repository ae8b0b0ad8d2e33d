"""How a worker comes to its work: what it has room for is moved to its own queues, and begun.

A worker with room asks one small question four times a second, on a connection that stays open; one that has
ended something asks at once. A worker without room asks nothing.
"""

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.db import Database
from app.pipeline import engine, queues

#: How often a worker with room looks; one that has just ended something looks at once.
LOOK_EVERY_S = 0.25

log = logging.getLogger("hearth.worker")


class Taker:
    """The thread that takes work for this process, as much as its limits allow, and begins it.

    With `only_own` it takes nothing by itself: it begins what somebody moves to its own queues.
    """

    def __init__(
        self, database: Database, executor_id: str, limits: Mapping[str, int], *, only_own: bool = False
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self._limits = limits
        self._only_own = only_own
        self._line: sa.Connection | None = None
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taker", daemon=True)

    def start(self) -> None:
        """Begin to take."""
        self._thread.start()

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
            except sa.exc.SQLAlchemyError as error:  # the database is away: the heartbeat says so
                log.warning("no work can be taken: %s", type(error).__name__)
                self._hang_up()
            except Exception:  # this thread's border: a worker that takes nothing would stand there unseen
                log.exception("taking work broke")
            self._wanted.wait(LOOK_EVERY_S)
            self._wanted.clear()
        self._hang_up()

    def _take_and_begin(self) -> None:
        room = [kind for kind, most in self._limits.items() if engine.running(kind) < most]
        kinds = self._waiting(room) if room else []
        if kinds and not self._only_own:
            self.take(kinds)
        if kinds:  # also what was taken and could not be begun then
            engine.begin_now(kinds, ended=self._wanted.set)

    def _waiting(self, kinds: Sequence[str]) -> list[str]:
        """Of which of these kinds there is anything, for everybody or on queues of our own."""
        if self._line is None:
            self._line = self._database.line()
        names = {
            kind: [queues.own(kind, self._executor_id), *(() if self._only_own else queues.LYING[kind])]
            for kind in kinds
        }
        with self._line.begin():
            return queues.waiting(self._line, names)

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.invalidate()  # nothing is said to a server that may not answer
            line.close()

    def take(self, kinds: Sequence[str]) -> Counter[str]:
        """Take what there is room for, of these kinds; how much of each."""
        taken = Counter[str]()
        for kind in kinds:
            with self._database.single() as session:
                taken[kind] = queues.take(session, kind, self._executor_id, self._limits[kind])
        return +taken
