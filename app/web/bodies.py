"""How many bytes a request may bring, decided by its head alone: before the body is read or kept.

The server keeps a body on disk before the app sees it, so room beyond a form's is given only to whoever
shows a permission that can be checked without the database: a session of ours that names an account, or
the signed address of a part. Who exactly that is, and their role, the app asks afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import EnvironBuilder

from app.artwork import LIMIT_BYTES
from app.backends import Backends
from app.settings import PART_BYTES
from app.storage.addresses import opened
from app.storage.errors import PartAddressForged
from app.web.errors import body_refused, no_room_for_body
from app.web.security import FORM_BYTES

#: Room for the other fields and the envelope of a form with a file.
_FIELDS_BYTES = 1024 * 1024

_PLAIN_FORM = "studio.upload_plain"
_ARTWORK = "studio.show_artwork"
_PART = "parts.put_part"

_SENT = {
    _PLAIN_FORM: "Without JavaScript a recording can have up to 1 GB. Save it as MP3 or M4A and send that, "
    "or switch JavaScript on: then it can have up to 4 GB.",
    _ARTWORK: "A picture can have up to 20 MB. Save a smaller copy and choose that.",
    _PART: "A part of a recording can have up to 8 MB.",
}
_SIGN_IN = "You are not signed in any more, and then up to 1 MB can be sent. Sign in, and send it again."
_OTHERWISE = "This page takes up to 1 MB. Send less at once."


@dataclass(frozen=True)
class Head:
    """What is known of a request before its body: method, path as on the wire (latin-1), cookies, Accept."""

    method: str
    path: str
    cookies: str = ""
    accept: str = ""


@dataclass(frozen=True)
class Allowed:
    """The largest body, and what is said to whoever sends a larger one."""

    most_bytes: int
    words: str


def form_bytes(endpoint: str, plain_form_bytes: int) -> int | None:
    """The largest body of a form with a file, whole; None for all others."""
    return {_PLAIN_FORM: plain_form_bytes + _FIELDS_BYTES, _ARTWORK: LIMIT_BYTES + _FIELDS_BYTES}.get(
        endpoint
    )


def allowed(app: Flask, backends: Backends, head: Head) -> Allowed:
    """How much this request may bring."""
    endpoint, values = _match(app, head)
    if endpoint == _PART and _is_ours(str(values.get("token")), backends):
        return Allowed(PART_BYTES + _FIELDS_BYTES, _SENT[_PART])
    most_bytes = form_bytes(endpoint, backends.settings.limits.plain_form_bytes)
    if most_bytes is None or head.method != "POST":
        return Allowed(FORM_BYTES, _OTHERWISE)
    if not _names_an_account(app, head.cookies):
        return Allowed(FORM_BYTES, _SIGN_IN)
    return Allowed(most_bytes, _SENT[endpoint])


def refused(app: Flask, backends: Backends, head: Head, words: str) -> Response:
    """The answer to a body that was not read, with the headers of every page of ours."""
    return _answered(app, backends, head, lambda: body_refused(words))


def no_room(app: Flask, backends: Backends, head: Head) -> Response:
    """The same where the disk is full on which bodies are kept as they come."""
    return _answered(app, backends, head, no_room_for_body)


def _answered(app: Flask, backends: Backends, head: Head, answer: Callable[[], Response]) -> Response:
    """Nothing of the request but path and Accept reaches it: no cookie, so no session and no database."""
    made = EnvironBuilder(
        method=head.method, base_url=backends.settings.public_url, headers=[("Accept", head.accept)]
    )
    environ = made.get_environ()
    environ["PATH_INFO"] = "/" + head.path.lstrip("/")
    with app.request_context(environ):
        return app.process_response(answer())


def _match(app: Flask, head: Head) -> tuple[str, dict[str, object]]:
    path = head.path.encode("latin-1").decode("utf-8", "replace")
    try:
        endpoint, values = app.url_map.bind("localhost").match(path, head.method)
    except (HTTPException, RequestRedirect):
        return "", {}
    return str(endpoint), dict(values)


def _names_an_account(app: Flask, cookies: str) -> bool:
    """Whether the session's signature holds, is not too old, and somebody is signed in by it."""
    session = app.session_interface.open_session(app, Request({"HTTP_COOKIE": cookies}))
    return session is not None and "_user_id" in session


def _is_ours(token: str, backends: Backends) -> bool:
    """Whether we signed this part's address; that it is too old is said by the app, which is asked again."""
    try:
        opened(token, backends.settings.secret.encode("ascii"), now_s=0.0)
    except PartAddressForged:
        return False
    return True
