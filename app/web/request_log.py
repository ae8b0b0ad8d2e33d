"""One line in the log for each request, and one id on every line that is written while it is answered.

No addresses, names, questions or tokens: an address with a token in it loses the token. The id is
answered as X-Request-ID, so that a person can quote it. A proxy that we trust may give its own.
"""

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.backends import Backends
from app.web.current import settings
from app.web.own_look import is_own_look

log = logging.getLogger("app.request")

HEADER = "X-Request-ID"

#: What a proxy may call a request: nothing that could be a line, a key or somebody's words.
_OF_PROXY = re.compile(r"[A-Za-z0-9-]{8,64}")

_TOKENS = re.compile(r"^(/[^/]*)?/(parts|welcome|reset|invitation|draft|account/email)/.+", re.DOTALL)


#: What serves us writes lines of its own, with whole addresses where a connection breaks off.
_SERVERS = ("waitress", "gunicorn.error")
_PATH = re.compile(r"(?<!\S)/\S+")


class _WithoutTokens(logging.Filter):
    """Addresses in other people's lines lose what `loggable_path` leaves out, and their question."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        record.msg = _PATH.sub(lambda found: loggable_path(found[0].partition("?")[0]), said)
        record.args = ()
        return True


_without_tokens = _WithoutTokens()


def register(app: Flask, _backends: Backends) -> None:
    """Count the time of every request, bind its id, and write its line."""
    for server in _SERVERS:
        logging.getLogger(server).addFilter(_without_tokens)

    @app.before_request
    def begin() -> None:
        g.request_began_s = time.monotonic()
        clear_contextvars()
        bind_contextvars(request_id=request_id())

    @app.after_request
    def end(response: Response) -> Response:
        if response.is_streamed and not response.direct_passthrough:
            g.ends_with_body = True  # what is written while it is read still belongs here
            response.call_on_close(clear_contextvars)
        if is_own_look():
            return response
        response.headers[HEADER] = request_id()
        log.info(
            "request",
            extra={
                "method": request.method,
                "path": loggable_path(request.path),
                "status": response.status_code,
                "duration_ms": round(so_far_s() * 1000),
                "request_id": request_id(),
            },
        )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if not g.get("ends_with_body"):
            clear_contextvars()


def request_id() -> str:
    """What this request is called in the log, in its answer, and on the page of an error that is ours."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "") if settings().proxy_hops else ""
        g.request_id = given if _OF_PROXY.fullmatch(given) else secrets.token_hex(6)
    identity: str = g.request_id
    return identity


def so_far_s() -> float:
    """For how long this request has been worked on."""
    now_s = time.monotonic()
    began_s: float = g.get("request_began_s", now_s)
    return now_s - began_s


def loggable_path(path: str) -> str:
    """The path without whatever would let a reader of the log in, on one line."""
    shown = _TOKENS.sub(lambda found: f"{found.group(1) or ''}/{found.group(2)}/-", path)
    return ascii(shown[:200])[1:-1]
