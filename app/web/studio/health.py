"""How the service is, in words, for its owner."""

from flask import render_template

from app.web.health import look
from app.web.studio.blueprint import bp
from app.web.studio.guard import only_owner


@bp.get("/health")
def health() -> str:
    """Each part of the service and what to do about it."""
    only_owner()
    return render_template("studio/health.html", health=look())
