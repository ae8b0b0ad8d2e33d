"""Whether a transaction is open: none of ours may be while anything slow works (house, decision 2)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.backends import Backends


@contextmanager
def transactions(backends: Backends) -> Iterator[Any]:
    """Something that says whether this thread has a transaction open now."""
    mine = threading.local()

    def begun(_connection: sa.Connection) -> None:
        mine.open = getattr(mine, "open", 0) + 1

    def ended(_connection: sa.Connection) -> None:
        mine.open -= 1

    engine = backends.database.engine
    pairs = (("begin", begun), ("commit", ended), ("rollback", ended))
    for name, listener in pairs:
        event.listen(engine, name, listener)
    yield lambda: getattr(mine, "open", 0) > 0
    for name, listener in pairs:
        event.remove(engine, name, listener)
