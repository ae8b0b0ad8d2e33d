"""What /metrics tells: this process's figures, those of all workers, and what only the database knows.

The database is asked a few short questions, at most once in HOLDS for each process; where it does not
answer, the rest is told all the same.
"""

import os
import platform
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.backends import Backends
from app.db import now_of_database
from app.errors import HearthError
from app.pipeline import watching
from app.services import work
from app.version import VERSION

#: How long what the database said is good for.
HOLDS = timedelta(seconds=5)

#: Set by gunicorn.conf.py where several processes serve together; named so by prometheus-client.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(eq=False)
class Told:
    """The last answer of the database, and who asks it."""

    backends: Backends
    lock: threading.Lock = field(default_factory=threading.Lock)
    at: datetime | None = None
    facts: list[Metric] = field(default_factory=list)
    workers: dict[str, metrics.Figures] = field(default_factory=dict)

    def text(self) -> bytes:
        """Everything in Prometheus' text format, version 0.0.4."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """All families, each once."""
        with self.lock:
            now = self.backends.clock()
            if self.at is None or abs(now - self.at) >= HOLDS:
                self.facts, self.workers = self._ask()
                self.at = now
            facts, workers = self.facts, self.workers
        yield from _with_workers(_own(), workers)
        yield from facts
        yield from self._machine()

    def _ask(self) -> tuple[list[Metric], dict[str, metrics.Figures]]:
        up = GaugeMetricFamily("hearth_database_up", "Whether the database answers.")
        try:
            with self.backends.database.reading() as session:
                now = now_of_database(session)
                depths = watching.depths(session)
                states, workers = work.by_state(session), work.workers(session, now)
                figures = work.figures(session)
        except SQLAlchemyError:
            up.add_metric([], 0)
            return [up], {}
        up.add_metric([], 1)
        alive = [worker for worker in workers if worker.is_alive]
        depth = GaugeMetricFamily("hearth_queue_depth", "Work that waits.", labels=["queue"])
        oldest = GaugeMetricFamily(
            "hearth_queue_oldest_seconds", "Age of the oldest work that waits.", labels=["queue"]
        )
        for queue, found in sorted(depths.items()):
            depth.add_metric([queue], found.waiting)
            age_s = now.timestamp() - found.oldest_at_ms / 1000 if found.waiting else 0.0
            oldest.add_metric([queue], max(0.0, round(age_s, 3)))
        by_state = GaugeMetricFamily("hearth_recordings", "Recordings by state.", labels=["state"])
        for state, count in states.items():
            by_state.add_metric([state.value], count)
        return [
            up,
            depth,
            oldest,
            by_state,
            GaugeMetricFamily("hearth_workers_alive", "Workers that beat.", value=len(alive)),
            GaugeMetricFamily(
                "hearth_worker_slots",
                "Windows that all workers together transcribe at the same time.",
                value=sum(worker.slots for worker in alive),
            ),
        ], figures

    def _machine(self) -> Iterator[Metric]:
        settings = self.backends.settings
        info = InfoMetricFamily("hearth_build", "Which version runs, on what.")
        info.add_metric(
            [],
            {
                "version": VERSION,
                "python": platform.python_version(),
                "database": "sqlite" if settings.is_sqlite else "postgresql",
                "engine": settings.engine,
            },
        )
        yield info
        free = GaugeMetricFamily("hearth_disk_free_bytes", "Room that is left.", labels=["place"])
        with suppress(OSError):
            free.add_metric(["data"], shutil.disk_usage(settings.data).free)
        with suppress(HearthError, OSError):
            if (store_bytes := self.backends.store.free_bytes()) is not None:
                free.add_metric(["store"], store_bytes)
        yield free


def _own() -> dict[str, Metric]:
    """What this process has measured; under gunicorn, all processes of this machine together."""
    shared = os.environ.get(_SHARED)
    if not shared:
        return {family.name: family for family in metrics.REGISTRY.collect()}
    for path in Path(shared).glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if not Path(f"/proc/{pid}").exists():
            path.unlink(missing_ok=True)  # what a process that was killed was answering
    collector: Collector = MultiProcessCollector(None, shared)  # type: ignore[no-untyped-call]
    return {family.name: family for family in collector.collect()}


def _with_workers(families: dict[str, Metric], workers: dict[str, metrics.Figures]) -> Iterator[Metric]:
    """These families, and in them what the workers told, under the worker's name."""
    of_workers = {family.name: family for one in metrics.OF_WORKERS for family in one.collect()}
    for name, like in of_workers.items():
        family = families.setdefault(name, Metric(name, like.documentation, like.type))
        for worker, figures in workers.items():
            for sample, labels, value in figures.get(name, ()):
                family.add_sample(sample, {**labels, "worker": worker}, value)
    for family in families.values():
        family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
        yield family
