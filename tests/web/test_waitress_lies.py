"""Slow senders and senders who lie, over the real server (threats, T26).

Each is refused in a status or loses the connection; the next visitor is served, and memory stays bounded.
"""

import gzip
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app import create_app
from app.backends import open_backends
from tests.conftest import Standing
from tests.web.impatient import PATIENCE
from tests.web.places import client_of, make_world
from tests.web.serving import running, settings_for

HOST = b"Host: 127.0.0.1\r\n"
FORM = b"POST /sign-in HTTP/1.1\r\n" + HOST
CHUNKED = FORM + b"Transfer-Encoding: chunked\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
END = b"Connection: close\r\n\r\n"
MIB = 1024 * 1024
MANY = 150
PACKED = gzip.compress(b"email=a" * 9)


@dataclass(frozen=True)
class Served:
    """The running service, a producer's cookie and token, and where its memory is told."""

    place: tuple[str, int]
    url: str
    cookie: bytes
    pid: int

    def is_well(self) -> bool:
        """Whether the next visitor gets a page."""
        return requests.get(f"{self.url}/communities", timeout=20).status_code == 200

    @property
    def memory_bytes(self) -> int:
        """What the process has in memory now."""
        told = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", told)
        assert found
        return int(found[1]) * 1024


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Served]:
    """A service with little patience, and a producer in it."""
    data = tmp_path_factory.mktemp("lies")
    settings = settings_for(data, **standing(data))
    backends = open_backends(settings)
    with backends.database.session() as session:
        world = make_world(session)
        session.commit()
        client, token = client_of(create_app(backends=backends), world.accounts["producer"])
    backends.database.dispose()
    kept = client.get_cookie("hearth", domain="localhost")
    assert kept is not None
    cookie = f"Cookie: hearth={kept.value}\r\nX-CSRFToken: {token}\r\n".encode()
    with running(settings, ("tests.web.impatient",)) as url:
        pid = int((data / "pid").read_text())
        yield Served(("127.0.0.1", settings.port), url, cookie, pid)


def said(served: Served, sent: bytes, wait_s: float = 10) -> bytes:
    """All that comes back until the server shuts the connection, or for so long."""
    with closing(socket.create_connection(served.place, timeout=wait_s)) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        answer = b""
        with suppress(TimeoutError, ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in a connection's bytes."""
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3}) ", answer, re.MULTILINE)]


LIES = {
    "two lengths": (FORM + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", {400}),
    "one length twice": (FORM + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", {400}),
    "a length that is no number": (FORM + b"Content-Length: five\r\n\r\nhello", {400}),
    "a length below nothing": (FORM + b"Content-Length: -5\r\n\r\nhello", {400}),
    "a length with a sign": (FORM + b"Content-Length: +5\r\n\r\nhello", {400}),
    "a length of 5,000 digits": (FORM + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", {400, 413}),
    "a length of 20 digits": (FORM + b"Content-Length: " + b"9" * 20 + b"\r\n\r\n", {413}),
    "a length and chunks": (
        CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n" + HOST + b"\r\n",
        {400},
    ),
    "chunks before their time": (
        FORM.replace(b"1.1", b"1.0")
        + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "chunks hidden by a tab": (FORM + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunks within gzip": (FORM + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {501}),
    "chunks with a space before the colon": (FORM + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", {400}),
    "a chunk whose size is no number": (CHUNKED + b"\r\nxyz\r\nhello\r\n0\r\n\r\n", {400}),
    "a chunk without an end": (CHUNKED + b"\r\n5\r\nhelloworld\r\n0\r\n\r\n", {400}),
    "a line break in a header": (FORM + b"X-One: a\nX-Two: b\r\n\r\n", {400}),
    "a header without a name": (FORM + b": value\r\n\r\n", {400}),
    "a header without a colon": (FORM + b"nonsense\r\n\r\n", {400}),
    "a header that goes on before it begins": (b"GET / HTTP/1.1\r\n folded\r\n" + HOST + b"\r\n", {400}),
    "nul in a header": (
        GET + b"Accept: a\0b\r\nConnection: close\r\n\r\n",
        {200, 400},
    ),
    "no host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
    "another host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", {400}),
    "two hosts": (GET + b"Host: evil.example\r\nConnection: close\r\n\r\n", {400}),
    "100,000 headers": (GET + b"a: b\r\n" * 100_000 + b"\r\n", {431}),
    "12,000 headers of one name": (
        GET + b"Connection: close\r\n" + b"a:\r\n" * 12_000 + b"\r\n",
        {200},
    ),
    "a header of a megabyte": (GET + b"X: " + b"x" * MIB + b"\r\n\r\n", {431}),
    "a cookie of a megabyte": (
        GET + b"Cookie: hearth=" + b"x" * MIB + b"\r\n\r\n",
        {431},
    ),
    "an address of a megabyte": (b"GET /" + b"x" * MIB + b" HTTP/1.1\r\n" + HOST + b"\r\n", {431}),
    "a line without an end": (b"G" * MIB, {431}),
    "an address of 60,000 letters": (
        b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\n" + HOST + END,
        {404},
    ),
    "a query of 60,000 letters": (
        b"GET /search?q=" + b"x+" * 30_000 + b" HTTP/1.1\r\n" + HOST + END,
        {200, 400},
    ),
    "a query that is no text": (b"GET /search?q=\xff\xfe HTTP/1.1\r\n" + HOST + END, {400}),
    "a query that is no text, past the server": (
        b"GET //search?q=\xff HTTP/1.1\r\n" + HOST + END,
        {200},
    ),
    "an address that is no text": (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + END, {400}),
    "an address in brackets without an end": (b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "another service's address": (
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        {400},
    ),
    "the first HTTP": (b"GET /\r\n\r\n", {400}),
    "a version of tomorrow": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", {400, 505, 200}),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 404, 405}),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + END, {405}),
    "CONNECT": (
        b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + END,
        {400, 404, 405},
    ),
    "a method in small letters": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a method that nobody knows": (b"BREW / HTTP/1.1\r\n" + HOST + END, {405}),
    "the beginning of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "bytes without sense": (bytes(range(256)) * 8 + b"\r\n\r\n", {400}),
    "a form in gzip": (
        FORM
        + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\n"
        + b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(PACKED), PACKED),
        {400, 415},
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_and_the_next_visitor_served(served: Served, lie: str) -> None:
    sent, expected = LIES[lie]

    answered = statuses(said(served, sent))

    assert len(answered) == 1
    assert answered[0] in expected
    assert served.is_well()


def test_what_follows_a_good_request_is_looked_at_on_its_own(served: Served) -> None:
    good = b"GET /robots.txt HTTP/1.1\r\n" + HOST + b"\r\n"

    assert statuses(said(served, good + b"\0\xff nonsense\r\n\r\n" + good)) == [200, 400]
    assert statuses(
        said(served, good * 200 + good.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    ) == ([200] * 201)


PART = b'--x\r\nContent-Disposition: form-data; name="show"\r\n\r\nvalue\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="recording"; filename="a.mp3"\r\n'
BODIES = {
    "100,000 parts": b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 100_000 + b"--x--\r\n",
    "20,000 files": (FILE + b"\r\n\r\n") * 20_000 + b"--x--\r\n",
    "no end": PART + FILE + b"\r\n" + b"a" * 5000,
    "no beginning": b"a" * 5000,
    "a line break in a part's header": PART.replace(b"show", b"a\r\nX-Walk: b") + b"--x--\r\n",
    "a name with a line break": PART.replace(b"show", b"a%0D%0Ab") + b"--x--\r\n",
    "a part that says another length": FILE + b"Content-Length: 999999\r\n\r\nabc\r\n--x--\r\n",
    "a part whose length is no number": FILE + b"Content-Length: abc\r\n\r\nabc\r\n--x--\r\n",
    "a part with headers of a megabyte": b"--x\r\nX: " + b"y" * MIB + b"\r\n\r\nv\r\n--x--\r\n",
    "a part in an alphabet of its own": FILE
    + b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\r\n--x--\r\n",
    "a part in base64": FILE + b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    "a text of two megabytes": PART.replace(b"value", b"v" * 2 * MIB) + b"--x--\r\n",
}


@pytest.mark.parametrize("body", BODIES)
def test_a_form_that_no_browser_sends_is_refused(served: Served, body: str) -> None:
    before = served.memory_bytes
    sent = BODIES[body]
    head = b"POST /studio/upload?show=x HTTP/1.1\r\n" + HOST + served.cookie
    head += b"Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n"

    answered = statuses(said(served, head + b"Content-Length: %d\r\n\r\n" % len(sent) + sent, wait_s=60))

    assert len(answered) == 1
    assert answered[0] in (400, 404, 413, 422)
    assert served.memory_bytes - before < 64 * MIB
    assert served.is_well()


def test_whoever_announces_more_than_they_send_holds_nothing_up(served: Served) -> None:
    before = served.memory_bytes
    head = FORM + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900000\r\n\r\n"
    for _ in range(MANY):
        with closing(socket.create_connection(served.place, timeout=20)) as connection:
            connection.sendall(head + b"a" * 50_000)

    assert served.is_well()
    assert served.memory_bytes - before < 64 * MIB


def test_whoever_sends_more_than_they_announce_is_answered_twice_at_most(served: Served) -> None:
    answer = said(served, FORM + b"Content-Length: 3\r\n\r\nabcGARBAGE AFTER IT\r\n\r\n")

    assert statuses(answer) in ([400], [400, 400])


def test_a_chunk_that_never_comes_holds_nothing_up(served: Served) -> None:
    assert said(served, CHUNKED + b"\r\nfffffffffffffffff\r\nhello") == b""
    assert served.is_well()


#: Pieces of a request, each of which keeps a connection from being idle.
SLOW = {
    "a head": (GET + b"X: ", b"y"),
    "headers": (b"GET / HTTP/1.1\r\n" + HOST, b"X: y\r\n"),
    "a first line": (b"GET /", b"y"),
    "a body": (FORM + b"Content-Length: 100000\r\n\r\n", b"y"),
    "chunks": (CHUNKED + b"\r\n", b"1\r\ny\r\n"),
    "a form of parts": (
        FORM + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n" + PART[:30],
        b"y",
    ),
}


@pytest.mark.parametrize("what", SLOW)
def test_whoever_sends_a_byte_now_and_then_is_cut_off(served: Served, what: str) -> None:
    before = served.memory_bytes
    begin, piece = SLOW[what]
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(served.place, timeout=20)) for _ in range(MANY)]
        for connection in slow:
            connection.sendall(begin)
        assert served.is_well()
        until_s = time.monotonic() + PATIENCE.head_s + 1
        while time.monotonic() < until_s:
            for connection in slow:
                with suppress(ConnectionError):
                    connection.sendall(piece)
            time.sleep(0.2)
        assert served.memory_bytes - before < 64 * MIB

        assert served.is_well()
        assert {_last_words(connection) for connection in slow} == {408}


def test_whoever_says_nothing_is_let_go(served: Served) -> None:
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(served.place, timeout=20)) for _ in range(MANY)
        ]
        for connection in silent[::2]:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        assert served.is_well()

        assert {connection.recv(10) for connection in silent} == {b""}


def test_a_slow_sender_who_goes_on_is_served(served: Served) -> None:
    """A thousand bytes a second is a bad line and no attack: twice what is asked for."""
    with closing(socket.create_connection(served.place, timeout=20)) as connection:
        connection.sendall(FORM + b"Connection: close\r\nContent-Length: 4000\r\n\r\n")
        for _ in range(8):
            connection.sendall(b"a" * 500)
            time.sleep(0.4)

        assert statuses(connection.recv(65536)) == [400]  # it has no token


def _last_words(connection: socket.socket) -> int:
    answer = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            answer += piece
    return next(iter(statuses(answer)), 0)
