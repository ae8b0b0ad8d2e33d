"""How the service is, in words, for its owner."""

from flask import render_template

from app.errors import NotFound
from app.services.published import NOTHING_HERE
from app.web.health import look
from app.web.studio.blueprint import bp
from app.web.studio.guard import account


@bp.get("/health")
def health() -> str:
    """Each part of the service and what to do about it."""
    if not account().is_owner:
        raise NotFound(NOTHING_HERE)
    return render_template("studio/health.html", health=look())
