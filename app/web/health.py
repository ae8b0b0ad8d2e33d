"""Whether the service is well, for monitors: two words a part (the owner reads sentences in the studio)."""

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from app.backends import Backends
from app.services import health
from app.web.current import backends
from app.web.errors import mark_unwell

bp = Blueprint("health", __name__)


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.get("/health")
def show() -> ResponseReturnValue:
    """For monitors: which part is not well, and nothing that would help an attacker."""
    found = look()
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
