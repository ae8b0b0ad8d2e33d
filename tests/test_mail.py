"""Letters over a real connection: encrypted where the server can, and no password in clear."""

import smtplib
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from app.mail import Letter, SmtpMail, message_of

#: Its port, and what it has heard: (whether that was encrypted, the line).
Server = tuple[int, list[tuple[bool, str]]]
LETTER = Letter("reader@example.org", "Ready", "It is ready.")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for localhost, with its key in the same file."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    key = path.with_name("key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", path],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    path.write_text(path.read_text() + key.read_text())
    return path


@contextmanager
def mail_server(
    certificate: Path | None, *, at_once: bool = False, refuses: bool = False
) -> Iterator[Server]:
    """A server on this machine: with a certificate it offers STARTTLS, or speaks TLS at once."""
    heard: list[tuple[bool, str]] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is not None:
        context.load_cert_chain(certificate)

    class Conversation(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with ExitStack() as left_open, suppress(OSError):  # who does not like our certificate hangs up
                self.talk(left_open)

        def talk(self, left_open: ExitStack) -> None:
            def encrypt(plain: socket.socket) -> socket.socket:
                return left_open.enter_context(context.wrap_socket(plain, server_side=True))

            encrypted = at_once
            connection = encrypt(self.request) if at_once else self.request
            lines = left_open.enter_context(connection.makefile("rb"))
            connection.sendall(b"220 here\r\n")
            word = b""
            while word != b"QUIT" and (line := lines.readline()):
                if word == b"DATA" and line != b".\r\n":
                    continue
                word = line.split()[0].upper()
                heard.append((encrypted, line.decode().strip()))
                offers = certificate is not None and not encrypted
                connection.sendall(_answer(word, refuses=refuses, offers=offers))
                if word == b"STARTTLS" and not refuses:
                    connection, encrypted = encrypt(connection), True
                    lines = left_open.enter_context(connection.makefile("rb"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], heard
        finally:
            server.shutdown()
            thread.join()


def _answer(word: bytes, *, refuses: bool, offers: bool) -> bytes:
    if word == b"EHLO":
        return b"250-here\r\n" + (b"250-STARTTLS\r\n" if offers else b"") + b"250 AUTH PLAIN\r\n"
    codes = {b"STARTTLS": b"454" if refuses else b"220", b"AUTH": b"235", b"DATA": b"354", b"QUIT": b"221"}
    return codes.get(word, b"250") + b" well\r\n"


def words(heard: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    return [(encrypted, line.split()[0].upper()) for encrypted, line in heard if line]


def test_the_password_is_said_only_after_starttls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate) as (port, heard):
        SmtpMail(f"smtp://user:secret@localhost:{port}", "hearth@example.org").send(LETTER)

    said = words(heard)
    assert said[:2] == [(False, "EHLO"), (False, "STARTTLS")]
    assert (True, "AUTH") in said
    assert all(encrypted for encrypted, _ in said[2:])


def test_smtps_is_encrypted_from_the_first_word(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate, at_once=True) as (port, heard):
        SmtpMail(f"smtps://user:secret@localhost:{port}", "hearth@example.org").send(LETTER)

    assert (True, "AUTH") in words(heard)


@pytest.mark.parametrize(("scheme", "at_once"), [("smtp", False), ("smtps", True)])
def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_letter(
    scheme: str, at_once: bool, certificate: Path
) -> None:
    with mail_server(certificate, at_once=at_once) as (port, heard):
        mail = SmtpMail(f"{scheme}://user:secret@localhost:{port}", "hearth@example.org")
        with pytest.raises(ssl.SSLCertVerificationError):
            mail.send(LETTER)

    assert {"AUTH", "DATA"} & {word for _, word in words(heard)} == set()


def test_a_server_that_offers_tls_and_then_refuses_it_gets_no_password(certificate: Path) -> None:
    with mail_server(certificate, refuses=True) as (port, heard):
        mail = SmtpMail(f"smtp://user:secret@localhost:{port}", "hearth@example.org")
        with pytest.raises(smtplib.SMTPException):
            mail.send(LETTER)

    assert "AUTH" not in {word for _, word in words(heard)}


def test_without_tls_a_password_goes_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(None) as (port, heard):
        SmtpMail(f"smtp://user:secret@127.0.0.1:{port}", "hearth@example.org").send(LETTER)
        assert (False, "AUTH") in words(heard)
        heard.clear()

        elsewhere = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: elsewhere)
        with pytest.raises(smtplib.SMTPNotSupportedError, match="password was not sent"):
            SmtpMail(f"smtp://user:secret@mail.example.org:{port}", "hearth@example.org").send(LETTER)
        SmtpMail(f"smtp://mail.example.org:{port}", "hearth@example.org").send(LETTER)

    assert "AUTH" not in {word for _, word in words(heard)}
    assert (False, "DATA") in words(heard)


@pytest.mark.parametrize(
    "typed",
    [
        "x\r\nBcc: victim@evil.example",
        "=?utf-8?q?=0d=0aBcc:_victim@evil.example?=",
        "=?utf-8?b?DQpCY2M6IHZpY3RpbUBldmlsLmV4YW1wbGU=?=",
        "“=?utf-8?q?=0aBcc:_x?=” é",
    ],
)
def test_a_name_in_a_subject_begins_no_header_however_it_is_spelled(typed: str) -> None:
    message = message_of(
        Letter("a@example.org", f"You are invited to {typed}", "Come."), "hearth@example.org"
    )

    read = message_from_bytes(message.as_bytes())
    assert (read["Bcc"], read.get_payload()) == (None, "Come.\n")
    subject = str(make_header(decode_header(read["Subject"])))
    assert "".join(subject.split()) == "".join(f"You are invited to {typed}".split())


def test_a_letter_that_is_sent_once_more_is_the_same_letter_to_a_mailbox() -> None:
    letter = Letter("a@example.org", "Ready", "It is ready.", name="recording-7-1")

    read = message_from_bytes(message_of(letter, "Hearth <hearth@example.org>").as_bytes())
    assert read["Message-ID"] == "<recording-7-1@example.org>"
