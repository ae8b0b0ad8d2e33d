"""What waitress takes in: each request's body is bounded by what its head allows (app/web/bodies.py).

waitress knows one bound for all and keeps up to that much of anybody's body on disk. Here the bound is
chosen when the head has been read. A refusal is a page of ours; since closing at once would make the
sender's system throw the page away unread, the connection is shut on our side, and what still arrives is
let go for a while (RFC 9112, 9.6). Must not know any route.

waitress also waits for ever on whoever sends a byte now and then, takes a body that says its length in two
ways (which a proxy in front may have read in the other way), and drops what its parser cannot read without
a word. Here each of them is refused.
"""

import copy
import errno
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error, RequestEntityTooLarge

from app.backends import Backends
from app.web.bodies import Head, allowed, no_room, refused

#: How long a sender who was refused may go on before the connection is cut.
LINGER_S = 30.0

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Patience:
    """How long a sender may take: without a word, over the head, and over the body after that."""

    idle_s: int = 120
    head_s: float = 60.0
    #: Slower than any line on which somebody would wait for a page.
    body_bytes_per_s: int = 500


class TooSlow(Error):  # type: ignore[misc]  # the library is untyped
    """The answer to whoever sends so slowly that the connection is meant to be held, not used."""

    code = 408
    reason = "Request Timeout"


class TooLargeBody(RequestEntityTooLarge):  # type: ignore[misc]  # the library is untyped
    """waitress's refusal, answered by our page; made when it is sent, on a worker's thread."""

    def __init__(self, words: str, answer: Callable[[], Response]) -> None:
        super().__init__(words)
        self._answer = answer

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body, as waitress sends them."""
        response = self._answer()
        return response.status, list(response.headers.items()), response.get_data()


class NoRoomForBody(TooLargeBody):
    """The disk on which bodies are kept is full; answered by our page as well."""

    code = 507
    reason = "Insufficient Storage"


class BoundedParser(HTTPRequestParser):  # type: ignore[misc]  # the library is untyped
    """A parser that asks for its bound once the head is there."""

    app: Flask
    backends: Backends
    patience: Patience
    adj: Any
    error: Any

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self._began_at_s = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head and, where a body follows, choose how long it may be."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # an address in brackets without an end, a length of 5,000 digits
            raise ParsingError("The request cannot be read.") from error
        # RFC 9112, 6.3: what two servers may read differently carries a second request past the first
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("The length of the body is said in more than one way.")
        if self.body_rcv is None:
            return
        named = self.headers.get
        head = Head(self.command, self.path, named("COOKIE", ""), named("ACCEPT", ""))
        self._head = head
        self._allowed = allowed(self.app, self.backends, head)
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size = self._allowed.most_bytes + 1  # waitress refuses what reaches it

    def received(self, data: bytes) -> int:
        """Take in some bytes; of a body that is too long, has no room or never comes, nothing is kept."""
        if self._is_too_slow():
            return self._refuse_slow(data)
        try:
            taken: int = super().received(data)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self.completed = True
            self.error = NoRoomForBody("", lambda: no_room(self.app, self.backends, self._head))
        else:
            if not isinstance(self.error, RequestEntityTooLarge) or isinstance(self.error, TooLargeBody):
                return taken
            words = self._allowed.words
            self.error = TooLargeBody(words, lambda: refused(self.app, self.backends, self._head, words))
        self.expect_continue = False  # nobody is asked to send what is refused
        with suppress(OSError):  # closing writes what was not yet written, on the same full disk
            self.close()
        return len(data)  # the rest is the same body, no further request

    def _is_too_slow(self) -> bool:
        allowed_s = self.patience.head_s + self.body_bytes_received / self.patience.body_bytes_per_s
        return time.monotonic() - self._began_at_s > allowed_s and not self.completed

    def _refuse_slow(self, data: bytes) -> int:
        self.close()
        self.body_rcv = None
        if not self.headers_finished:
            self.headers.clear()
            super().parse_header(b"GET / HTTP/1.0\r\n")  # an answer needs some request
        self.expect_continue = False
        self.error = TooSlow("The request took too long to arrive. Try again.")
        self.completed = True
        return len(data)


class LingeringErrorTask(ErrorTask):  # type: ignore[misc]  # the library is untyped
    """Says why, and lets the connection end slowly."""

    def execute(self) -> None:
        """Send the refusal."""
        self.channel.lingers = True
        super().execute()


class LingeringChannel(HTTPChannel):  # type: ignore[misc]  # the library is untyped
    """A connection that is shut on our side first where its sender was refused while sending."""

    error_task_class = LingeringErrorTask
    lingers = False
    ends_at_s: float | None = None

    def handle_close(self) -> None:
        """Close, or begin to; the second time it is over."""
        if not self.lingers or self.ends_at_s is not None:
            super().handle_close()
            return
        self.ends_at_s = time.monotonic() + LINGER_S
        self.will_close = False
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:  # the other side has gone already
            super().handle_close()

    def received(self, data: bytes) -> bool:
        """Hand the bytes on, or let go of them."""
        if self.ends_at_s is None:
            return bool(super().received(data))
        if time.monotonic() > self.ends_at_s:
            self.handle_close()
        return False


def channel_class(app: Flask, backends: Backends, patience: Patience) -> type[LingeringChannel]:
    """The class of this service's connections."""
    named = {"app": app, "backends": backends, "patience": patience}
    parser = type("Parser", (BoundedParser,), named)
    made: Any = type("Channel", (LingeringChannel,), {"parser_class": parser})
    kind: type[LingeringChannel] = made
    return kind
