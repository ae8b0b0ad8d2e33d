"""/metrics for Prometheus, closed to the public: only whoever knows HEARTH_METRICS_TOKEN is answered.

Without that setting there is no such page. Requests are counted by the name of their route and never by
their address, so that nobody can make series by asking for odd ones.
"""

import hmac
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app.backends import Backends
from app.errors import NotAllowed, NotFound
from app.metrics import IN_PROGRESS, REQUEST_SECONDS, REQUESTS
from app.services.published import NOTHING_HERE
from app.settings import Settings
from app.web.current import settings
from app.web.own_look import is_own_look
from app.web.request_log import so_far_s
from app.web.told import Told

bp = Blueprint("metrics", __name__)

PATH = "/metrics"

#: Any other is "other": a client may send what it likes.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask, backends: Backends) -> None:
    """Count every request, and open the page."""
    app.extensions["hearth-metrics"] = Told(backends)
    app.register_blueprint(bp)
    if backends.settings.metrics_token:
        app.wsgi_app = _ByAnyName(app.wsgi_app, backends.settings)  # type: ignore[method-assign]

    @app.before_request
    def begin() -> None:
        if not is_own_look():
            g.is_in_progress = True
            IN_PROGRESS.inc()

    @app.after_request
    def end(response: Response) -> Response:
        if not is_own_look():
            route = request.endpoint or "none"
            method = request.method if request.method in _METHODS else "other"
            REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
            REQUEST_SECONDS.labels(route).observe(so_far_s())
        return response

    @app.teardown_request
    def over(_error: BaseException | None) -> None:
        if g.pop("is_in_progress", False):
            IN_PROGRESS.dec()


@bp.get(PATH)
def show() -> Response:
    """What Prometheus reads. Raises NotFound, NotAllowed."""
    if not settings().metrics_token:
        raise NotFound(NOTHING_HERE)
    if not _is_known(request.headers.get("Authorization", ""), settings()):
        raise NotAllowed("Only whoever has the token of HEARTH_METRICS_TOKEN may read these figures.")
    told: Told = current_app.extensions["hearth-metrics"]
    answer = Response(told.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_known(authorization: str, chosen: Settings) -> bool:
    kind, _, token = authorization.partition(" ")
    given = token.strip().encode("utf-8", "replace")
    return kind.lower() == "bearer" and hmac.compare_digest(given, chosen.metrics_token.encode("ascii"))


class _ByAnyName:
    """Prometheus asks each machine by its own address and can send no other Host: the token stands for it."""

    def __init__(self, app: Callable[..., Iterable[bytes]], chosen: Settings) -> None:
        self._app = app
        self._settings = chosen

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = environ.get("PATH_INFO") == PATH
        if asked and _is_known(environ.get("HTTP_AUTHORIZATION", ""), self._settings):
            environ["HTTP_HOST"] = self._settings.host
        return self._app(environ, start_response)
