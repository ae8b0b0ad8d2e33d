"""The smallest web server that receives parts for a folder store, as the service's own route does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from app.storage.errors import PartRefused, StorageError, StoreFull, UploadFinished, UploadMissing
from app.storage.folder import FolderStore

_STATUSES = {
    PartRefused: "400 Bad Request",
    UploadMissing: "404 Not Found",
    UploadFinished: "409 Conflict",
    StoreFull: "507 Insufficient Storage",
    StorageError: "503 Service Unavailable",
}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = ThreadingHTTPServer.request_queue_size


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def parts_server() -> Iterator[tuple[str, Callable[[FolderStore], None]]]:
    """The server's address, and where to hand in the store once that knows the address."""
    stores: list[FolderStore] = []

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        token = environ["PATH_INFO"].removeprefix("/parts/")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        stream = _Limited(environ["wsgi.input"], length)
        try:
            stores[-1].receive_part(token, stream, length)
            status = "200 OK"
        except StorageError as error:
            status = next(said for kind, said in _STATUSES.items() if isinstance(error, kind))
        # Whatever was not read must be, or the sender sees a broken connection instead of the answer.
        while stream.read(2**20):
            pass
        start(status, [("Content-Length", "0")])
        return [b""]

    server = _Server(("127.0.0.1", 0), _Handler)
    server.set_app(answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", stores.append
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Limited:
    """A request's body, which ends where its header says."""

    def __init__(self, stream: Any, left_bytes: int) -> None:
        self._stream = stream
        self._left_bytes = left_bytes

    def read(self, size: int, /) -> bytes:
        piece: bytes = self._stream.read(min(size, self._left_bytes))
        self._left_bytes = self._left_bytes - len(piece) if piece else 0
        return piece
