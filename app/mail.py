"""Letters to people. Where no mail server is set, nothing is sent and the studio shows a notice instead."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.errors import SettingsError
from app.settings import Settings, is_loopback


@dataclass(frozen=True)
class Letter:
    """Plain text to one address. Header values have no line breaks (EmailMessage refuses them).

    A letter that has a name keeps it where it is sent once more: mailboxes show it once (RFC 5322, 3.6.4).
    """

    to: str
    subject: str
    text: str
    name: str = ""


class Mailer(Protocol):
    """Something that sends letters, or says that it cannot."""

    @property
    def sends(self) -> bool:
        """Whether letters leave this service at all."""
        ...

    def send(self, letter: Letter) -> None:
        """Send it. Raises OSError or smtplib.SMTPException where the server does not take it."""
        ...


@dataclass(frozen=True)
class NoMail:
    """No mail server is set."""

    sends: bool = False

    def send(self, letter: Letter) -> None:
        """Does nothing: callers show the notice in the studio in any case."""


@dataclass(frozen=True)
class SmtpMail:
    """smtp://user:password@host:port or smtps://..."""

    url: str
    sender: str
    sends: bool = True

    def send(self, letter: Letter) -> None:
        """Send by one connection of its own, 20 s at most for each answer.

        TLS wherever the server has it (RFC 3207), with a certificate that this machine trusts.
        """
        message = message_of(letter, self.sender)
        with self._connect() as server:
            server.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        """A server that knows who we are, as far as the address says that."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "localhost", parts.port or 0
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=20, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=20)
        try:
            safe = parts.scheme == "smtps" or _start_tls(server, context) or is_loopback(host)
            if parts.username:
                _log_in(server, unquote(parts.username), unquote(parts.password or ""), safe=safe)
        except BaseException:
            server.close()
            raise
        return server


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it is sent. What somebody typed into a subject begins no header of its own (T32)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    if letter.name:
        message["Message-ID"] = f"<{letter.name}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    # "=?" begins an encoded word (RFC 2047, 2), which the library would decode: into line ends, too
    message["Subject"] = " ".join(letter.subject.split()).replace("=?", "= ?")
    message.set_content(letter.text)
    return message


def _start_tls(server: smtplib.SMTP, context: ssl.SSLContext) -> bool:
    """Whether the connection is now encrypted; the server says only after EHLO what it can do."""
    server.ehlo()
    if not server.has_extn("starttls"):
        return False
    server.starttls(context=context)  # raises where the server then refuses
    return True


def _log_in(server: smtplib.SMTP, user: str, password: str, *, safe: bool) -> None:
    if not safe:
        raise smtplib.SMTPNotSupportedError("the mail server has no TLS: the password was not sent")
    server.login(user, password)


def open_mailer(settings: Settings) -> Mailer:
    """The mailer that HEARTH_SMTP_URL names."""
    if not settings.smtp_url:
        return NoMail()
    if urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        raise SettingsError("HEARTH_SMTP_URL", "must begin with smtp:// or smtps://")
    if not settings.mail_from:
        raise SettingsError("HEARTH_MAIL_FROM", "must be set where HEARTH_SMTP_URL is")
    return SmtpMail(settings.smtp_url, settings.mail_from)
