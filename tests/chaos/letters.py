"""A mail server of a trial's own, which keeps every letter that it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Letters:
    """Its address for HEARTH_SMTP_URL, and the letters in their order."""

    url: str = ""
    kept: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a service that sends its letters here."""
        return {"HEARTH_SMTP_URL": self.url, "HEARTH_MAIL_FROM": "hearth@example.org"}


@contextmanager
def letter_box() -> Iterator[Letters]:
    """A server that takes everything and offers nothing."""
    letters = Letters()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.strip() else b""
                if word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b""
                    while (said := self.rfile.readline()) and said != b".\r\n":
                        text += said
                    if not said:
                        return  # whoever sent it has died over it
                    letters.kept.append(text.decode())
                self.wfile.write(b"250 ok\r\n")

    class Box(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Box(("127.0.0.1", 0), Conversation) as server:
        letters.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield letters
        finally:
            server.shutdown()
            thread.join()
