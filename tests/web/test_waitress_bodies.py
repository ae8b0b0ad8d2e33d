"""How much of a body the real server takes in before anybody has looked at the request."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from app import create_app
from app.backends import Backends, open_backends
from app.settings import PART_BYTES
from app.storage.addresses import PartAddress, sealed
from tests.conftest import Standing
from tests.web.serving import running, settings_for

UPLOAD = ("POST /studio/upload?show=x HTTP/1.1", "Content-Type: multipart/form-data; boundary=x")
MIB = 1024 * 1024
PIECE = b"a" * MIB


@dataclass(frozen=True)
class Served:
    """A running service, where it keeps bodies, and cookies for it."""

    host: tuple[str, int]
    spool: Path
    app: Flask
    backends: Backends

    def cookie(self, secret: str | None = None, **said: object) -> str:
        """A session's cookie, signed by the service or by somebody else."""
        other = Flask("other")
        other.secret_key = secret or self.app.secret_key
        signer = SecureCookieSessionInterface().get_signing_serializer(other)
        assert signer is not None
        return f"Cookie: hearth={signer.dumps(said)}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Served]:
    """A service with its own port and nobody in it."""
    data = tmp_path_factory.mktemp("bodies")
    settings = settings_for(data, **standing(data))
    backends = open_backends(settings)
    parts = urlsplit(settings.public_url)
    with running(settings):
        place = (parts.hostname or "", parts.port or 0)
        yield Served(place, data / "tmp", create_app(backends=backends), backends)
    backends.database.dispose()


def kept_bytes(folder: Path) -> int:
    """What any process of ours keeps in open files of the folder, named or already without a name."""
    found: dict[int, int] = {}
    # not Path.glob: it raises where a process ends while it is looked at
    for path in map(Path, glob("/proc/[0-9]*/fd/*")):  # noqa: PTH207
        with suppress(OSError):
            if str(path.readlink()).startswith(str(folder)):
                status = path.stat()
                found[status.st_ino] = status.st_size
    return sum(found.values())


def send(served: Served, first: str, *headers: str, pieces: int = 0, length: int = 0) -> tuple[bytes, int]:
    """The answer to a body of which some megabytes are sent, and the most that was kept of it."""
    with closing(socket.create_connection(served.host, timeout=20)) as connection:
        lines = [first, f"Host: {served.host[0]}:{served.host[1]}", *headers]
        if length:
            lines.append(f"Content-Length: {length}")
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        most = 0
        for _ in range(pieces):
            framed = b"%x\r\n%s\r\n" % (MIB, PIECE) if "Transfer-Encoding: chunked" in headers else PIECE
            connection.sendall(framed)  # a refused sender may go on for a while
            most = max(most, kept_bytes(served.spool))
        return answer(connection), max(most, kept_bytes(served.spool))


def answer(connection: socket.socket) -> bytes:
    """All that comes back within a few seconds."""
    connection.settimeout(3)
    said = b""
    with suppress(TimeoutError):
        while piece := connection.recv(65536):
            said += piece
    return said


@pytest.mark.parametrize("path", ["/sign-in", "/reset", "/", "/studio/uploads", "/no-such-page"])
def test_a_large_body_from_nobody_is_refused_and_not_kept(served: Served, path: str) -> None:
    said, kept = send(served, f"POST {path} HTTP/1.1", pieces=8, length=300 * MIB)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert kept == 0


def test_a_large_body_in_chunks_is_cut_off_at_the_same_bound(served: Served) -> None:
    said, _ = send(served, "POST /sign-in HTTP/1.1", "Transfer-Encoding: chunked", pieces=8)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert kept_bytes(served.spool) == 0


def test_a_sender_who_asks_first_is_not_told_to_go_on(served: Served) -> None:
    said, kept = send(served, "POST /sign-in HTTP/1.1", "Expect: 100-continue", length=300 * MIB)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert kept == 0


@pytest.mark.parametrize("who", ["nobody", "a visitor", "forged", "changed"])
def test_without_a_session_of_ours_the_plain_form_gets_no_room(served: Served, who: str) -> None:
    cookies = {
        "nobody": "Accept: text/html",
        "a visitor": served.cookie(csrf_token="made for everybody"),
        "forged": served.cookie(secret="another secret", _user_id="x"),
        "changed": served.cookie(_user_id="x")[:-8] + "AAAAAAAA",
    }
    said, kept = send(served, *UPLOAD, cookies[who], pieces=4, length=300 * MIB)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"Sign in" in said
    assert kept == 0


def test_with_a_session_the_plain_form_has_room_for_a_gibibyte_and_not_more(served: Served) -> None:
    cookie = served.cookie(_user_id="x")
    unfinished, kept = send(served, *UPLOAD, cookie, pieces=4, length=1000 * MIB)
    refused, _ = send(served, *UPLOAD, cookie, length=1100 * MIB)
    elsewhere, _ = send(served, "POST /studio/shows/new HTTP/1.1", cookie, length=2 * MIB)

    assert unfinished == b""
    assert kept > 2 * MIB
    assert refused.startswith(b"HTTP/1.1 413 ")
    assert b"up to 1 GB" in refused
    assert elsewhere.startswith(b"HTTP/1.1 413 ")


def test_with_a_session_a_picture_has_room(served: Served) -> None:
    cookie = served.cookie(_user_id="x")
    path = "POST /studio/shows/voices/artwork HTTP/1.1"
    unfinished, _ = send(served, path, cookie, pieces=2, length=20 * MIB)
    refused, _ = send(served, path, cookie, length=25 * MIB)

    assert unfinished == b""
    assert b"up to 20 MB" in refused


def test_only_an_address_that_we_signed_makes_room_for_a_part(served: Served) -> None:
    address = PartAddress("recordings/x/source", "x", 1, PART_BYTES, "0" * 64, time.time() - 10)
    token = sealed(address, served.backends.settings.secret.encode())
    expired, _ = send(served, f"PUT /parts/{token} HTTP/1.1", pieces=8, length=8 * MIB)
    larger, kept = send(served, f"PUT /parts/{token} HTTP/1.1", pieces=8, length=10 * MIB)
    forged, _ = send(served, f"PUT /parts/{token}x HTTP/1.1", length=8 * MIB)

    assert expired.startswith(b"HTTP/1.1 403 ")  # asked of the app, which knows the time
    assert larger.startswith(b"HTTP/1.1 413 ")
    assert forged.startswith(b"HTTP/1.1 413 ")
    assert kept == 0


def test_the_refusal_is_a_page_of_ours(served: Served) -> None:
    said, _ = send(served, "POST /sign-in HTTP/1.1", "Accept: text/html", length=300 * MIB)
    page, _ = send(served, "GET /no-such-page HTTP/1.1", "Accept: text/html", "Connection: close")
    head, _, body = said.partition(b"\r\n\r\n")

    assert b"<h1>That is too large</h1>" in body
    assert b"up to 1 MB" in body
    for name in (b"Content-Security-Policy", b"X-Frame-Options", b"X-Content-Type-Options"):
        line = next(line for line in page.split(b"\r\n") if line.startswith(name))
        assert line in head.split(b"\r\n")
    assert b"Cache-Control: no-store" in head or b"Cache-Control: private, no-store" in head
    assert head.count(b"Content-Length") == 1


def test_a_program_is_told_in_json(served: Served) -> None:
    said, _ = send(served, "POST /sign-in HTTP/1.1", "Accept: application/json", length=300 * MIB)

    assert b'"error":"This page takes up to 1 MB.' in said


def test_a_form_of_one_megabyte_is_read(served: Served) -> None:
    said, _ = send(served, "POST /sign-in HTTP/1.1", "Connection: close", pieces=1, length=MIB)

    assert said.startswith(b"HTTP/1.1 400 ")  # it has no token
