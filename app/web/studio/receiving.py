"""How large a request to the studio may be, and where its files are kept while they come in.

The plain upload form takes up to 1 GiB, which must never lie in memory: it is written to the data
directory as it comes. Only an account that works in the studio may send so much.
"""

import fcntl
import os
import shutil
import string
import tempfile
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from flask import Flask, Request, request

from app.backends import Backends
from app.errors import Conflict, Refusal
from app.services import access, room
from app.settings import Settings
from app.web.bodies import form_bytes
from app.web.current import backends, settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import signed_in


class ReceivingRequest(Request):
    """A request whose files go to the data directory: the system's own may be small, or in memory.

    Its query is ASCII and every part of its form has a name: the libraries that read them take both for
    granted, and fail where they do not find it.
    """

    def __init__(self, environ: dict[str, Any], *given: Any, **named: Any) -> None:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():  # as some old programs send it
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=string.printable)
        super().__init__(environ, *given, **named)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        unnamed: Any = None
        if unnamed in self.form or unnamed in self.files:
            raise Refusal("The form could not be read. Load the page again and send it once more.")

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = _incoming(settings())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file: Any = tempfile.NamedTemporaryFile(dir=folder)  # noqa: SIM115  (the request closes and so removes it)
        fcntl.flock(file, fcntl.LOCK_EX)  # let go when this process ends, however it ends
        stream: IO[bytes] = file
        return stream


def register(app: Flask, _backends: Backends) -> None:
    """Receive files in this way, for all routes."""
    app.request_class = ReceivingRequest


def clear_left(settings: Settings) -> int:
    """Remove the files of requests whose process was killed over them; how many there were."""
    removed = 0
    for path in _incoming(settings).glob("*"):
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # somebody is receiving it
            continue
        else:
            path.unlink(missing_ok=True)
            removed += 1
        finally:
            os.close(handle)
    return removed


def _incoming(settings: Settings) -> Path:
    return settings.data / "incoming"


@bp.url_value_preprocessor
def allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit for the two forms with a file, before anybody reads the request's body."""
    most = form_bytes(endpoint or "", settings().limits.plain_form_bytes)
    if most is None or request.method != "POST":
        return
    who = signed_in()
    if who is not None and access.works_in_studio(current_session(), who):
        request.max_content_length = most
        _require_room(request.content_length or 0)
    current_session().rollback()  # the body may take minutes: no transaction waits for it


def _require_room(size_bytes: int) -> None:
    """Raises Conflict where there is no room for the file in the data directory and then in the store."""
    if shutil.disk_usage(settings().data).free < size_bytes:
        raise Conflict("There is not enough room for this file at present. Try again later.")
    session = current_session()
    others = room.claims(session, backends().clock())
    session.rollback()
    room.check(room.measure(backends().store, others), others, size_bytes)
