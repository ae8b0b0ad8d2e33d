"""A mail server that keeps what it is given: enough of SMTP (RFC 5321) for one sender."""

import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser


@contextmanager
def letter_box() -> Iterator[tuple[str, list[EmailMessage]]]:
    """Its address for HEARTH_SMTP_URL, and the letters that have come."""
    letters: list[EmailMessage] = []

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line.split()[0].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    body = b""
                    while (line := self.rfile.readline()) != b".\r\n":
                        body += line.removeprefix(b".") if line.startswith(b"..") else line
                    parser = BytesParser(EmailMessage, policy=email.policy.default)
                    letters.append(parser.parsebytes(body))
                self.wfile.write(b"221 good bye\r\n" if word == b"QUIT" else b"250 yes\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", letters
        server.shutdown()
        thread.join()
