"""One database session per request: reading for GET and HEAD, writing for the rest.

The view commits on its last line before the redirect; what is not committed never happened.
"""

import logging

from flask import Flask, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from app.backends import Backends
from app.web.current import backends

log = logging.getLogger("app.web")


def current_session() -> Session:
    """The session of this request, opened when first asked for."""
    if "session" not in g:
        read_only = request.method in ("GET", "HEAD", "OPTIONS")
        g.session = backends().database.session(read_only=read_only)
    session: Session = g.session
    return session


#: For libraries that keep a session (Flask-Security): always the one of this request.
session_proxy = LocalProxy(current_session)


def register(app: Flask, _backends: Backends) -> None:
    """Close the session when the request ends."""

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session = g.pop("session", None)
        if session is not None:
            _end(session)


def _end(session: Session) -> None:
    """Give its connection back; where the server has ended that, there is nothing to give back.

    The answer is made: it must not be lost over this.
    """
    try:
        session.close()
    except DBAPIError as error:
        log.warning("a connection had ended", extra={"error": type(error).__name__})
        session.invalidate()
