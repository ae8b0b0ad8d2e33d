"""Whether the service is well, for monitors: two words a part (the owner reads sentences in the studio).

Looking writes a file and asks the database, and anybody may ask: monitors get an answer that is up to
HOLDS old, one for each process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.backends import Backends
from app.services import health
from app.web.current import backends
from app.web.errors import mark_unwell

bp = Blueprint("health", __name__)

#: How long an answer to a monitor is good for.
HOLDS = timedelta(seconds=5)


@dataclass
class Kept:
    """The last answer of this process and when it was found."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: datetime | None = None
    found: health.Health | None = None

    def get(self, now: datetime, look: Callable[[], health.Health]) -> health.Health:
        """The last answer while it holds; one thread at a time looks anew."""
        with self.lock:
            if self.found is None or self.at is None or abs(now - self.at) >= HOLDS:
                self.found, self.at = look(), now
            return self.found


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.extensions["hearth-health"] = Kept()
    app.register_blueprint(bp)


@bp.get("/health")
def show() -> ResponseReturnValue:
    """For monitors: which part is not well, and nothing that would help an attacker."""
    kept: Kept = current_app.extensions["hearth-health"]
    found = kept.get(backends().clock(), look)
    answer = jsonify(
        status="ok" if found.is_well else "not well",
        parts={part.name: "ok" if part.is_well else "not well" for part in found.parts},
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer if found.is_well else mark_unwell(answer)


def look() -> health.Health:
    """How everything is now, seen from this process."""
    parts = backends()
    return health.look(lambda: parts.database.session(read_only=True), parts.store, parts.settings.data)
