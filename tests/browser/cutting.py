"""A network that breaks in the middle of a part: a TCP proxy that hangs up after some bytes of a body."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE_BYTES = 64 * 1024
_PART = b"PUT /parts/"
#: SO_LINGER with no time: closing resets the connection, as a network that is gone does.
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass
class Cuts:
    """After how many bytes of its body each of the next parts is cut; how many were."""

    after_bytes: list[int]
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int | None:
        """For one part that begins now; None lets it through."""
        with self.lock:
            return self.after_bytes.pop(0) if self.after_bytes else None


@contextmanager
def cutting_proxy(port: int, cuts: Cuts) -> Iterator[str]:
    """The address of a way to the service at `port` on which parts are cut."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, cuts), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, cuts: Cuts) -> None:
    while True:
        try:
            browser, _ = listener.accept()
        except OSError:
            return
        service = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_send, args=(browser, service, cuts), daemon=True).start()
        threading.Thread(target=_answer, args=(service, browser), daemon=True).start()


def _send(browser: socket.socket, service: socket.socket, cuts: Cuts) -> None:
    """Browser to service, until a part has to be cut."""
    left_bytes: int | None = None
    with suppress(OSError):
        while piece := browser.recv(_PIECE_BYTES):
            begin = piece.find(_PART)
            if begin >= 0:
                after_bytes = cuts.next()
                head = piece.find(b"\r\n\r\n", begin)
                left_bytes = None if after_bytes is None else after_bytes + (head + 4 if head >= 0 else 0)
            if left_bytes is not None:
                piece = piece[:left_bytes]
                left_bytes -= len(piece)
            service.sendall(piece)
            if left_bytes == 0:
                cuts.done += 1
                break
    for end in (browser, service):
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _answer(service: socket.socket, browser: socket.socket) -> None:
    with suppress(OSError):
        while piece := service.recv(_PIECE_BYTES):
            browser.sendall(piece)
    with suppress(OSError):
        browser.shutdown(socket.SHUT_WR)
