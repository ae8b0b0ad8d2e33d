"""Letters to people. Where no mail server is set, nothing is sent and the studio shows a notice instead."""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.errors import SettingsError
from app.settings import Settings


@dataclass(frozen=True)
class Letter:
    """Plain text to one address. Header values have no line breaks (EmailMessage refuses them)."""

    to: str
    subject: str
    text: str


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
        """Send by one connection of its own, 20 s at most for each answer."""
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message.set_content(letter.text)
        parts = urlsplit(self.url)
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        with kind(parts.hostname or "localhost", parts.port or 0, timeout=20) as server:
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


def open_mailer(settings: Settings) -> Mailer:
    """The mailer that HEARTH_SMTP_URL names."""
    if not settings.smtp_url:
        return NoMail()
    if urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        raise SettingsError("HEARTH_SMTP_URL", "must begin with smtp:// or smtps://")
    if not settings.mail_from:
        raise SettingsError("HEARTH_MAIL_FROM", "must be set where HEARTH_SMTP_URL is")
    return SmtpMail(settings.smtp_url, settings.mail_from)
