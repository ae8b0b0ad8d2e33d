"""gunicorn's settings that Hearth needs; it finds this file by itself where it is started.

Why each is so stands in docs/deployment.md. Several processes share their figures for /metrics through
files, which are emptied at each start.
"""

import os
import shutil
from pathlib import Path
from typing import Any

_FIGURES = Path(os.environ.get("HEARTH_DATA") or "data").resolve() / "metrics"

# before any process imports prometheus-client, which looks for it once
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_FIGURES)

wsgi_app = "app.wsgi:application"
# where systemd hands over a socket, that one counts and this is not opened
bind = f"{os.environ.get('HEARTH_LISTEN') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
# one for each core that pages may have; nginx waits for slow visitors, so that no thread does
workers = int(os.environ.get("WEB_CONCURRENCY") or "2")
worker_class = "gthread"
threads = 16
# nothing is shared over a fork: each process opens its own database, and SIGHUP takes new code
preload_app = False
# asked to end, a process answers what it has begun (as `flask web` does)
graceful_timeout = 8
# a process whose main loop stands still is replaced; a request may take longer
timeout = 60
# longer than nginx keeps an idle connection (60 s): it is never closed while a request is on its way
keepalive = 75
# nobody steers it but by signals
control_socket_disable = True
worker_tmp_dir = "/dev/shm"  # noqa: S108  (a file without a name, for the heartbeat: a busy disk delays none)


def on_starting(_server: Any) -> None:
    """Old figures are nobody's: their processes are gone."""
    shutil.rmtree(_FIGURES, ignore_errors=True)
    _FIGURES.mkdir(mode=0o700, parents=True)
