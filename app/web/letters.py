"""Letters that leave after the answer: nobody waits for a mail server, and its time tells nothing."""

import logging
import smtplib

from flask import make_response
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.mail import Letter
from app.web.current import backends

log = logging.getLogger("app.web")


def send_after(answer: ResponseReturnValue, letter: Letter) -> Response:
    """The answer, behind which the letter is sent; a server that refuses it can only be logged."""
    response = make_response(answer)
    mailer = backends().mailer

    def send() -> None:
        try:
            mailer.send(letter)
        except (OSError, smtplib.SMTPException) as error:
            log.error("letter not sent", extra={"error": type(error).__name__})

    response.call_on_close(send)
    return response
