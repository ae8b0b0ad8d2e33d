"""How large a request to the studio may be, and where its files are kept while they come in.

The plain upload form takes up to 1 GiB, which must never lie in memory: it is written to the data
directory as it comes. Only an account that works in the studio may send so much.
"""

import tempfile
from typing import IO, Any

from flask import Flask, Request, request

from app.backends import Backends
from app.services import access
from app.web.bodies import form_bytes
from app.web.current import settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import signed_in


class ReceivingRequest(Request):
    """A request whose files go to the data directory: the system's own may be small, or in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = settings().data / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        file: Any = tempfile.NamedTemporaryFile(dir=folder)  # noqa: SIM115  (the request closes and so removes it)
        stream: IO[bytes] = file
        return stream


def register(app: Flask, _backends: Backends) -> None:
    """Receive files in this way, for all routes."""
    app.request_class = ReceivingRequest


@bp.url_value_preprocessor
def allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit for the two forms with a file, before anybody reads the request's body."""
    most = form_bytes(endpoint or "", settings().limits.plain_form_bytes)
    if most is None or request.method != "POST":
        return
    who = signed_in()
    if who is not None and access.works_in_studio(current_session(), who):
        request.max_content_length = most
    current_session().rollback()  # the body may take minutes: no transaction waits for it
