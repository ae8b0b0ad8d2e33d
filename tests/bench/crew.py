"""Worker processes on a PostgreSQL of their own, for measurements and proofs of many of them."""

import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from app.backends import Backends, open_backends
from app.migrate import migrate
from app.models import Recording, RecordingState
from app.pipeline.engine import create_tables
from app.settings import read_settings
from tests.bench.stand_in import Heard, read_journal
from tests.pipeline.making import SECRET, Worker, environment, wait_for, worker, workers
from tests.postgres import PostgresServer, free_port

#: Workers that have announced themselves find their queues within so long.
SETTLES_IN_S = 3.0


@dataclass
class Crew:
    """Workers of one slot each, which grow in number, and what they have heard."""

    backends: Backends
    weights: Path
    seconds: float
    stack: ExitStack
    members: list[Worker] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        """Where they write down what they hear."""
        return self.backends.settings.data / "heard"

    def grow(self, count: int) -> None:
        """So many workers, all of them ready."""
        env = environment(self.backends, self.weights)
        command = ("-m", "tests.bench.stand_in", str(self.journal), str(self.seconds))
        while len(self.members) < count:
            self.members.append(self.stack.enter_context(worker(env, *command)))
        wait_for(lambda: workers(self.backends) >= count, 300)
        time.sleep(SETTLES_IN_S)

    def heard(self) -> list[Heard]:
        """All windows so far."""
        return read_journal(self.journal)

    def processor_s(self) -> float:
        """Seconds of a core that these workers have used so far."""
        ticks = 0
        for member in self.members:
            stat = Path(f"/proc/{member.process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(stat[11]) + int(stat[12])  # utime, stime: proc(5)
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def crew(weights: Path, seconds: float, server: PostgresServer | None = None) -> Iterator[Crew]:
    """Nobody yet, on an empty service; `weights` is the folder of one model.

    Each of their windows takes so many seconds; with 0 they hear by the real engine.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-")))
        if server is None:
            server = stack.enter_context(PostgresServer(folder))
        url = server.database(uuid.uuid4().hex)
        migrate(url)
        said = {
            "HEARTH_DATA": str(folder / "data"),
            "HEARTH_SECRET": SECRET,
            "DATABASE_URL": url,
            "PORT": str(free_port()),
        }
        backends = open_backends(read_settings(said))
        create_tables(backends.database)
        stack.callback(backends.database.dispose)
        yield Crew(backends, weights, seconds, stack)


def still_working(backends: Backends) -> int:
    """How many recordings are on their way."""
    with backends.database.reading() as session:
        on_their_way = Recording.state == RecordingState.working
        return session.scalar(sa.select(sa.func.count()).select_from(Recording).where(on_their_way)) or 0


def interval_s(heard: Sequence[Heard]) -> float:
    """From the first begin to the last end."""
    return max(one.ended_s for one in heard) - min(one.began_s for one in heard)
