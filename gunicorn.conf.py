"""gunicorn's settings that Hearth needs; it finds this file by itself where it is started.

Several processes share their figures for /metrics through files, which are emptied at each start.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from app.log import set_up
from app.settings import read_settings

_FIGURES = Path(os.environ.get("HEARTH_DATA") or "data").resolve() / "metrics"

# before any process imports prometheus-client, which looks for it once
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_FIGURES)

worker_class = "gthread"


def on_starting(_server: Any) -> None:
    """Old figures are nobody's: their processes are gone."""
    shutil.rmtree(_FIGURES, ignore_errors=True)
    _FIGURES.mkdir(mode=0o700, parents=True)


def post_worker_init(_worker: Any) -> None:
    """The same log as of `flask web`."""
    set_up(read_settings())
