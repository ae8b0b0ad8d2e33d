"""One request as bytes on the wire, and its answer; it can be printed, read back and sent again."""

import io
import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

from flask import Flask
from werkzeug.test import run_wsgi_app

BOUNDARY = "----walk"
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"


@dataclass(frozen=True)
class File:
    """A file in a field of a form."""

    name: str
    data: bytes
    kind: str


#: Fields in the order in which they are sent; a name may come more than once.
Fields = list[tuple[str, str | File]]


@dataclass(frozen=True)
class Asked:
    """A request. Texts are latin-1, a letter a byte, so that every body can be written down."""

    role: str
    method: str
    target: str
    kind: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    #: Whether the token of the session goes with it.
    token: bool = True

    def __str__(self) -> str:
        """One line; `read` gives the same again."""
        return json.dumps({name: value for name, value in asdict(self).items() if value != ""})


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return str(self.headers.get("Content-Type", "")).partition(";")[0]


def read(line: str) -> Asked:
    """The request of a line that was printed."""
    said = json.loads(line)
    return Asked(**{**said, "headers": tuple((name, value) for name, value in said.get("headers", ()))})


def send(app: Flask, asked: Asked, cookie: str, token: str) -> Answer:
    """Straight to the application, without a client that would tidy it up."""
    path, _, query = asked.target.partition("?")
    body = asked.body.encode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body or asked.method not in ("GET", "HEAD"):
        environ["CONTENT_LENGTH"] = str(len(body))
    if asked.kind:
        environ["CONTENT_TYPE"] = asked.kind
    if cookie:
        environ["HTTP_COOKIE"] = cookie
    if asked.token:
        environ["HTTP_X_CSRFTOKEN"] = token
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in asked.headers}
    parts, status, headers = run_wsgi_app(app, environ, buffered=True)
    try:
        return Answer(int(status.split()[0]), headers, b"".join(parts))
    finally:
        if hasattr(parts, "close"):
            parts.close()


def query_of(fields: Fields) -> str:
    """Fields as a form's body or a query string; a lone half of a character goes as its three bytes."""
    texts = [(name, text) for name, text in fields if isinstance(text, str)]
    return "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in texts)


def path_of(text: str) -> str:
    """One step of an address; slashes are part of it."""
    return quote(text, safe="", errors="surrogatepass")


def body_of(fields: Fields, enctype: str) -> tuple[str, str]:
    """Content type and body of a form."""
    if enctype != MULTIPART:
        return FORM, query_of(fields)
    parts = []
    for name, value in fields:
        head = f'Content-Disposition: form-data; name="{_named(name)}"'
        if isinstance(value, File):
            head += f'; filename="{_named(value.name)}"\r\nContent-Type: {_latin(value.kind)}'
        data = value.data.decode("latin-1") if isinstance(value, File) else _latin(value)
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n{data}\r\n")
    return f"{MULTIPART}; boundary={BOUNDARY}", "".join(parts) + f"--{BOUNDARY}--\r\n"


def _quoted(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")


def _latin(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _named(text: str) -> str:
    """As browsers write a name (WHATWG, multipart/form-data)."""
    return _latin(text).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
