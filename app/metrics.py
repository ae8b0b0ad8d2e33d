"""What a process counts and times of itself, for /metrics: all instruments in one place.

Every label comes from a table of ours (names of routes, steps, operations), never from what somebody
sent: the number of series is bounded. No label names a recording, an episode or a person.
Web tells its own when it is asked; a worker writes its own into its row with its heartbeat, so that
whichever web process is asked knows those of all machines (decision 34).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "hearth_requests_total",
    "Requests answered, by name of the route.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "hearth_request_seconds",
    "From a request's head to the head of its answer.",
    ["route"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_PROGRESS = Gauge(
    "hearth_requests_in_progress",
    "Requests that are being answered now.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
SEARCH_SECONDS = Histogram(
    "hearth_search_seconds",
    "One question to the search index.",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
STORE_ERRORS = Counter(
    "hearth_store_errors_total",
    "Calls that the store did not answer as it should, or had no room for.",
    ["operation"],
    registry=REGISTRY,
)
STEP_SECONDS = Histogram(
    "hearth_step_seconds",
    "Steps of recordings, by how they ended; with the wait for their turn to read sound.",
    ["step", "outcome"],
    registry=REGISTRY,
    buckets=(0.1, 0.5, 2, 10, 30, 120, 600, 1800, 7200),
)
WORK_SECONDS = Counter(
    "hearth_work_seconds_total",
    "Seconds of mastering and transcribing alone; divided by the sound's, the real-time factor.",
    ["step"],
    registry=REGISTRY,
)
SOUND_SECONDS = Counter(
    "hearth_sound_seconds_total",
    "Seconds of sound that were mastered and transcribed in that time.",
    ["step"],
    registry=REGISTRY,
)

# Prometheus sees what a counter gains only from the second time that it sees it: they begin at 0
for _step in ("master", "transcribe"):
    WORK_SECONDS.labels(_step)
    SOUND_SECONDS.labels(_step)

#: What a worker tells of itself.
OF_WORKERS: tuple[MetricWrapperBase, ...] = (STORE_ERRORS, STEP_SECONDS, WORK_SECONDS, SOUND_SECONDS)

#: Figures of a process as plain values: for each family its samples (name, labels, value).
Figures = dict[str, list[Any]]


@contextmanager
def working(step: str, sound_ms: int) -> Iterator[None]:
    """Count the work on so much sound, if it succeeds."""
    began_s = time.monotonic()
    yield
    WORK_SECONDS.labels(step).inc(time.monotonic() - began_s)
    SOUND_SECONDS.labels(step).inc(sound_ms / 1000)


def figures_of_worker() -> Figures:
    """What this process has measured so far, for its row; plain values, so that JSON keeps them."""
    return {
        family.name: [
            [sample.name, sample.labels, sample.value]
            for sample in family.samples
            if not sample.name.endswith("_created")
        ]
        for instrument in OF_WORKERS
        for family in instrument.collect()
        if family.samples
    }
