"""Kill and freeze stand-in workers at seeded moments while work flows; then count.

`python -m tests.durability.proof --faults 200 --seed 1 --database sqlite` ends with one line of JSON.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.db import Database
from app.migrate import migrate
from app.pipeline import engine
from app.pipeline.worker import SUPERSEDED
from tests.durability import stand_in
from tests.durability.journal import Entry, Fault, done_again, doubts
from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["receive", "inspect", "master", "join", *(f"window-{n}" for n in range(stand_in.WINDOWS))]


@dataclass
class Crew:
    """The worker processes and what was done to them."""

    url: str
    places: list[str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def keep(self) -> None:
        """Start whoever is missing."""
        for place in self.places:
            process = self.processes.get(place)
            if process is not None and process.poll() is not None:
                self.ends[str(process.returncode)] += 1
                self._note_stall(process)
                process = None
            if process is None:
                command = [sys.executable, "-m", "tests.durability.stand_in", self.url, place]
                self.processes[place] = subprocess.Popen(command, cwd=ROOT)

    def _note_stall(self, process: subprocess.Popen[bytes]) -> None:
        """A process that was taken over though nobody froze it had no time from the machine: a freeze too."""
        known = {fault.pid for fault in self.faults}
        if process.returncode == SUPERSEDED and process.pid not in known:
            now_s = time.time()
            self.faults.append(Fault(process.pid, now_s - 2 * stand_in.DEAD_AFTER_S, now_s))

    def harm(self, rng: random.Random) -> str:
        """One fault."""
        place = rng.choice(self.places)
        process = self.processes[place]
        alone = len(self.places) == 1
        if rng.random() < 0.35:
            process.send_signal(signal.SIGSTOP)
            frozen_s = rng.uniform(0.2, 1.5) if alone else rng.uniform(0.5, 2.5) * stand_in.DEAD_AFTER_S
            # a thread wakes it: a frozen worker may hold the very lock that we wait for
            threading.Timer(frozen_s, process.send_signal, [signal.SIGCONT]).start()
            self.faults.append(Fault(process.pid, time.time(), time.time() + frozen_s))
            return "stop"
        self.faults.append(Fault(process.pid, time.time(), time.time()))
        process.kill()
        process.wait()
        return "kill"

    def dismiss(self) -> None:
        """End all of them."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def prove(url: str, faults: int, seed: int, workers: int, limit_s: float = 1500) -> dict[str, Any]:
    """Run until all work is done after the last fault; what was found."""
    migrate(url)
    database = Database(url)
    engine.create_tables(database)
    stand_in.METADATA.create_all(database.engine)
    rng = random.Random(seed)
    crew = Crew(url, [f"place-{n}" for n in range(workers)])
    begun_s = time.monotonic()
    done: Counter[str] = Counter()
    works: list[str] = []
    try:
        crew.keep()
        time.sleep(3)
        while sum(done.values()) < faults and time.monotonic() - begun_s < limit_s:
            for _ in range(2):
                works.append(f"work-{len(works)}")
                stand_in.enqueue(database, works[-1])
            time.sleep(rng.uniform(0.05, 1.6))
            done[crew.harm(rng)] += 1
            crew.keep()
        while _open(database, works) and time.monotonic() - begun_s < limit_s:
            crew.keep()
            time.sleep(0.3)
        time.sleep(1.0)
    finally:
        crew.dismiss()
    entries = _journal(database)
    broken = _broken(database, works) + doubts(entries, crew.faults, product(works, STEPS))
    database.dispose()
    return {
        "database": url.split(":")[0],
        "faults": sum(done.values()),
        **dict(done),
        "works": len(works),
        "broken": len(broken),
        "examples": broken[:5],
        "steps_done_again": done_again(entries),
        "stalls": len(crew.faults) - sum(done.values()),
        "worker_ends": dict(crew.ends),
        "seconds": round(time.monotonic() - begun_s),
    }


def _open(database: Database, works: list[str]) -> bool:
    with database.reading() as session:
        joined = session.execute(
            sa.select(sa.func.count()).select_from(stand_in.RESULT).where(stand_in.RESULT.c.step == "join")
        ).scalar_one()
        return joined < len(works) or engine.open_workflows(session) > 0


def _broken(database: Database, works: list[str]) -> list[str]:
    """Every result that is not what it should be, and work that is not finished."""
    found = []
    with database.reading() as session:
        joined = dict(
            session.execute(
                sa.select(stand_in.RESULT.c.work, stand_in.RESULT.c.value).where(
                    stand_in.RESULT.c.step == "join"
                )
            ).all()
        )
        left = engine.open_workflows(session)
    for work in works:
        heard = "+".join(f"{work}/window-{n}" for n in range(stand_in.WINDOWS))
        if joined.get(work) != heard:
            found.append(f"{work} joined {joined.get(work)}")
    return found + ([f"{left} workflows are not finished"] if left else [])


def _journal(database: Database) -> list[Entry]:
    table = stand_in.JOURNAL
    columns = (table.c.work, table.c.step, table.c.what, table.c.pid, table.c.at_s)
    with database.reading() as session:
        return [Entry(*row) for row in session.execute(sa.select(*columns).order_by(table.c.id))]


def main() -> int:
    """The proof on one database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if options.database == "sqlite":
            report = prove(f"sqlite:///{folder}/proof.db", options.faults, options.seed, workers=1)
        else:
            with PostgresServer(Path(folder)) as server:
                report = prove(server.database("proof"), options.faults, options.seed, workers=3)
    print(json.dumps(report))
    return 0 if report["broken"] == 0 and report["faults"] == options.faults else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    sys.exit(main())
