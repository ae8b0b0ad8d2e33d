"""The studio: where producers work. Every route is behind the blueprint's hook (guard.py)."""

from flask import Flask

from app.backends import Backends
from app.web.studio import (
    accounts,
    audit,
    bulk,
    chapters,
    communities,
    credits,
    dashboard,
    doctor,
    episodes,
    guard,
    health,
    help,
    listeners,
    members,
    people,
    progress,
    publishing,
    receiving,
    scheduling,
    searches,
    shows,
    transcripts,
    upload_page,
    uploads,
    work,
)
from app.web.studio.blueprint import bp

__all__ = ["bp", "register"]

#: Each area's file puts its routes on the blueprint when it is imported.
AREAS = (
    accounts,
    audit,
    health,
    help,
    guard,
    dashboard,
    upload_page,
    uploads,
    progress,
    communities,
    members,
    shows,
    doctor,
    listeners,
    people,
    episodes,
    chapters,
    credits,
    publishing,
    bulk,
    scheduling,
    searches,
    transcripts,
    work,
)


def register(app: Flask, backends: Backends) -> None:
    """Open these routes."""
    receiving.register(app, backends)
    app.register_blueprint(bp)
