"""A bad line to the store: an HTTP proxy of ours before an S3 server, which harms the calls that it is told.

It forwards every byte as it came, the signed `Host` too. A connection of the client has one of its own to
the server.
"""

import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

#: "500" and "503" answer so and forward nothing; "slow" takes its time; "cut" breaks off inside the body
#: that is sent, or where there is none before it is asked; "torn" breaks off inside the answer; "lost" does
#: it and says nothing.
MODES = ("500", "503", "slow", "cut", "torn", "lost")
SLOW_S = 1.5
_PIECE_BYTES = 64 * 1024
#: SO_LINGER with no time: closing resets the connection, as a network that is gone does.
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass
class Harm:
    """The next calls of one operation that go wrong, and after how many bytes of its body one is cut."""

    operation: str
    mode: str
    times: int = 1
    after_bytes: int | None = None


@dataclass
class BadLine:
    """Its address, what it is to harm, and what it has done."""

    address: str = ""
    is_there: bool = True
    harms: list[Harm] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def harm(self, *harms: Harm) -> None:
        """From now on, and nothing else."""
        with self._lock:
            self.harms = list(harms)

    def left(self) -> list[Harm]:
        """What has not happened yet."""
        with self._lock:
            return [harm for harm in self.harms if harm.times > 0]

    def next(self, operation: str) -> Harm | None:
        """What is to happen to this call."""
        with self._lock:
            self.seen[operation] += 1
            for harm in self.harms:
                if harm.operation == operation and harm.times > 0:
                    harm.times -= 1
                    self.done[f"{operation} {harm.mode}"] += 1
                    return harm
            return None


def operation_of(method: str, target: str) -> str:
    """The S3 operation of a request, in few words."""
    parts = urlsplit(target)
    asked = parse_qs(parts.query, keep_blank_values=True)
    if "uploads" in asked:
        return "begin" if method == "POST" else "list uploads"
    if "uploadId" in asked:
        return {"PUT": "put part", "POST": "complete", "GET": "list parts", "DELETE": "abort"}[method]
    if "list-type" in asked:
        return "list"
    return {"PUT": "put", "GET": "get", "HEAD": "head", "DELETE": "delete"}.get(method, method)


@contextmanager
def bad_line(endpoint: str) -> Iterator[BadLine]:
    """A line to the server at this address; nothing is harmed before it is told."""
    line, server = BadLine(), urlsplit(endpoint)

    class Conversation(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if not line.is_there:
                return
            with suppress(OSError), socket.create_connection((server.hostname, server.port)) as up:
                _Between(line, self.request, up).talk()

    class Line(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    with Line(("127.0.0.1", 0), Conversation) as listening:
        line.address = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            listening.shutdown()
            thread.join()


class _Between:
    """One client's connection and its own to the server: one call after the other."""

    def __init__(self, line: BadLine, client: socket.socket, server: socket.socket) -> None:
        self._line, self._client, self._server = line, client, server
        self._asks, self._answers = client.makefile("rb"), server.makefile("rb")

    def talk(self) -> None:
        """Until somebody hangs up, or is made to."""
        with suppress(OSError, EOFError):
            while self._line.is_there and self._one():
                pass
        for end in (self._client, self._server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            end.close()

    def _one(self) -> bool:
        head = _head(self._asks)
        method, target, _ = head[0].split(" ", 2)
        length = int(_header(head, "content-length") or 0)
        harm = self._line.next(operation_of(method, target))
        mode = harm.mode if harm else ""
        if (_header(head, "expect") or "").lower() == "100-continue":
            head = [line for line in head if not line.lower().startswith("expect:")]
            self._client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if mode in ("500", "503"):
            _copy(self._asks, None, length)
            self._client.sendall(_refusal(mode))
            return True
        if mode == "slow":
            time.sleep(SLOW_S)
        if mode == "cut" and not length:
            return False
        self._server.sendall(_written(head))
        if mode == "cut":
            after = harm.after_bytes if harm and harm.after_bytes is not None else length // 2
            _copy(self._asks, self._server, min(after, length))
            return False
        _copy(self._asks, self._server, length)
        return self._answer(method, mode)

    def _answer(self, method: str, mode: str) -> bool:
        head = _head(self._answers)
        status = head[0].split(" ", 2)[1]
        bare = method == "HEAD" or status in ("204", "304")
        said_length = _header(head, "content-length")
        length = 0 if bare else int(said_length or 0)
        chunked = not bare and (_header(head, "transfer-encoding") or "").lower() == "chunked"
        if mode == "lost":
            if not chunked:
                _copy(self._answers, None, length)
            return False
        if mode == "torn":
            written = _written(head)
            self._client.sendall(written if length > 1 else written[: len(written) // 2])
            _copy(self._answers, self._client, length // 2)
            return False
        self._client.sendall(_written(head))
        if chunked:
            return self._pour()
        _copy(self._answers, self._client, length)
        return (_header(head, "connection") or "").lower() != "close"

    def _pour(self) -> bool:
        """An answer in pieces, as it comes."""
        while True:
            size = self._answers.readline()
            self._client.sendall(size)
            length = int(size.strip().split(b";")[0] or b"0", 16)
            _copy(self._answers, self._client, length + 2)
            if not length:
                return True


def _head(said: BinaryIO) -> list[str]:
    """The lines before a body. Raises EOFError where there are none."""
    lines: list[str] = []
    while line := said.readline():
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            if lines and lines[0].startswith("HTTP/1.1 100"):
                lines = []
                continue
            return lines
        lines.append(text)
    raise EOFError


def _written(head: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in [*head, ""]).encode("latin-1")


def _header(head: list[str], name: str) -> str | None:
    found = (line.partition(":")[2].strip() for line in head[1:] if line.lower().startswith(f"{name}:"))
    return next(found, None)


def _copy(source: BinaryIO, target: socket.socket | None, length: int) -> None:
    """So many bytes; nowhere where there is no target."""
    while length > 0:
        piece = source.read(min(length, _PIECE_BYTES))
        if not piece:
            raise EOFError
        if target is not None:
            target.sendall(piece)
        length -= len(piece)


def _refusal(status: str) -> bytes:
    body = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
    )
    head = [f"HTTP/1.1 {status} No", "Content-Type: application/xml", f"Content-Length: {len(body)}"]
    return _written(head) + body
