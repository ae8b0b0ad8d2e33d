"""A web process counts what its machine's spool files tell: no worker may run beside it.

Only on PostgreSQL: on SQLite there is one machine, and its worker counts. Where a worker counts too, it is
quicker, and what one has counted the other passes over (app/pipeline/spooling.py).
"""

import logging
import threading

import sqlalchemy as sa

from app.backends import Backends
from app.pipeline.listening import count_listeners
from app.pipeline.searching import count_searches

EVERY_S = 60.0

log = logging.getLogger("hearth.counting")


def start(backends: Backends, every_s: float = EVERY_S) -> threading.Event:
    """Count in a thread of its own until the event is set, or the process ends."""
    stopping = threading.Event()
    if not backends.settings.is_sqlite:
        given = (backends, stopping, every_s)
        threading.Thread(target=_run, args=given, name="counting", daemon=True).start()
    return stopping


def _run(backends: Backends, stopping: threading.Event, every_s: float) -> None:
    while not stopping.wait(every_s):
        try:
            count_listeners(backends)
            count_searches(backends)
        except (OSError, sa.exc.SQLAlchemyError) as error:
            log.warning("counting put off: %s", type(error).__name__)
        except Exception:  # this thread's border: listeners would be lost unseen
            log.exception("counting broke")
