"""One line in the log for each request: what was asked, what was answered, how long it took.

No addresses, names, questions or tokens: an address with a token in it loses the token.
"""

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request

from app.backends import Backends
from app.web.own_look import is_own_look

log = logging.getLogger("app.request")

_TOKENS = re.compile(r"^(/[^/]*)?/(parts|welcome|reset|invitation|draft|account/email)/.+", re.DOTALL)


def register(app: Flask, _backends: Backends) -> None:
    """Count the time of every request and write its line."""

    @app.before_request
    def begin() -> None:
        g.request_began_s = time.monotonic()
        request_id()

    @app.after_request
    def end(response: Response) -> Response:
        if is_own_look():
            return response
        began_s = g.get("request_began_s", time.monotonic())
        log.info(
            "request",
            extra={
                "method": request.method,
                "path": loggable_path(request.path),
                "status": response.status_code,
                "duration_ms": round((time.monotonic() - began_s) * 1000),
                "request_id": request_id(),
            },
        )
        return response


def request_id() -> str:
    """What this request is called in the log, and on the page of an error that is ours."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    identity: str = g.request_id
    return identity


def loggable_path(path: str) -> str:
    """The path without whatever would let a reader of the log in, on one line."""
    shown = _TOKENS.sub(lambda found: f"{found.group(1) or ''}/{found.group(2)}/-", path)
    return ascii(shown[:200])[1:-1]
