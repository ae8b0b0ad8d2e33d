"""The table of faults: what `./dev chaos` provokes, in the order of the list of requirements.

Where a kind has a thorough test of its own elsewhere, its comment names it.
"""

from dataclasses import replace

from tests.chaos import (
    clocks,
    crowded,
    database,
    distant,
    full,
    full_servers,
    killed,
    poison,
    restarted,
    script,
    settings,
    stopped,
    store,
    taken_over,
    twenty,
    uploads,
)
from tests.chaos.trial import Row

#: On servers (`--real`), with several workers beside each other.
REAL = (
    Row("F1", "crew-kills", "workers killed or frozen at seeded moments", taken_over.at_seeded_moments),
    Row(
        "F1",
        "half-a-minute",
        "taken over from as in service",
        taken_over.by_the_time_of_production,
        long=True,
    ),
    Row("F2", "sleepers", "workers frozen at every point", taken_over.frozen_at_every_point, long=True),
    Row("F13", "crew-points", "workers killed at every point", taken_over.killed_at_every_point, long=True),
    Row("F5", "restarts", "PostgreSQL restarted, killed, frozen", restarted.while_all_is_used, long=True),
    Row("F6", "line-work", "a bad line under the worker", distant.under_the_worker, long=True),
    Row("F6", "line-upload", "a bad line under an upload", distant.under_an_upload, long=True),
    Row("F6", "line-away", "nobody at the store's address", distant.away),
    Row("F7", "full-postgres", "no room for PostgreSQL", full_servers.under_postgres, mounts=True),
    Row("F7", "full-store", "no room for the S3 server", full_servers.under_the_store, mounts=True),
    Row("F8", "line-cuts", "parts cut on their way to the store", distant.cut, long=True),
)

ROWS = (
    # tests/durability/ (the engine alone, SIGSTOP too), tests/pipeline/test_killed.py (with real speech)
    Row("F1", "kills", "workers killed at seeded moments", killed.worker_at_seeded_moments, embedded=True),
    # tests/storage/test_crash.py: the folder store dies at each of its own steps
    Row(
        "F13",
        "points",
        "workers killed at every numbered point",
        killed.worker_at_every_point,
        embedded=True,
        long=True,
    ),
    Row("F13", "requests", "web killed at every point of an upload", killed.web_at_every_point),
    Row("F13", "sweeps", "sweeps killed at every point", killed.sweep_at_every_point),
    Row("F3", "worker-goes", "workers asked to go", stopped.worker_asked_to_go),
    Row("F3", "web-goes", "web asked to go under load", stopped.web_asked_to_go, long=True),
    Row("F3", "slow-listeners", "web asked to go while sound is heard", stopped.slow_listeners),
    Row("F5", "locked", "the database held by others", database.locked, embedded=True),
    Row("F5", "held", "the database held for long", database.held_for_long, embedded=True, long=True),
    Row("F5", "read-only", "a disk that can only be read", database.read_only, mounts=True, embedded=True),
    Row("F6", "store-work", "the store fails under the worker", store.under_the_worker, embedded=True),
    Row(
        "F6",
        "store-upload",
        "the store fails under an upload",
        store.under_an_upload,
        embedded=True,
        long=True,
    ),
    Row("F6", "store-away", "the store's disk taken away", store.taken_away, embedded=True, long=True),
    Row(
        "F7",
        "full-upload",
        "no room for an upload",
        full.while_receiving,
        mounts=True,
        embedded=True,
        long=True,
    ),
    Row("F7", "full-work", "no room to work in", full.while_working, mounts=True, embedded=True, long=True),
    Row("F7", "full-database", "no room for rows", full.under_the_database, mounts=True, embedded=True),
    # tests/browser/test_upload_cut.py: the same with the page's own script
    Row("F8", "cuts", "uploads cut inside their parts", uploads.cut, embedded=True, long=True),
    Row("F8", "abandoned", "an upload that nobody continues", uploads.abandoned),
    Row("F9", "at-once", "one upload completed twenty times at once", uploads.at_once),
    Row("F9", "twenty", "changes asked for twenty times at once", twenty.changes, long=True),
    Row("F9", "script", "the API asked twenty times at once", script.at_once),
    # tests/web/test_schedule.py: summer and winter time
    Row("F12", "clocks", "clocks that are a day off", clocks.skewed),
    # tests/pipeline/test_border.py: the same with real speech; tests/audio/test_fuzz.py: hostile bytes
    Row("F14", "poison", "recordings that end their reader", poison.poison, embedded=True),
    # tests/pipeline/test_border.py, test_waiting.py, tests/web/test_health.py
    Row("F15", "deaf", "no speech model", poison.deaf, embedded=True),
    Row("F15", "slow", "speech twenty times as slow", poison.slow, embedded=True),
    Row("F18", "idle", "500 idle sockets on 256 files", crowded.idle_sockets, embedded=True),
    Row("F18", "crowd", "300 listeners on 256 files", crowded.everybody_at_once, embedded=True),
    # tests/test_settings.py
    Row("F19", "settings", "settings that are missing or wrong", settings.wrong, embedded=True),
    Row("F19", "secret", "another secret", settings.another_secret, embedded=True),
    *(replace(row, real=True) for row in REAL),
)
