"""The API: what the studio does, for programs with a token. JSON only; the same services."""

from flask import Flask

from app.backends import Backends
from app.web.api import caller, document, episodes, me, publishing, transcripts, uploads
from app.web.api.blueprint import bp
from app.web.security import csrf

#: Each area's file puts its operations on the blueprint when it is imported.
AREAS = (caller, document, me, episodes, transcripts, publishing, uploads)


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes. No cookie is looked at, so no change needs the token of a form."""
    csrf.exempt(bp)
    app.register_blueprint(bp)
