"""Filling in the studio's forms and reading what the app has committed, for tests."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.web.signing import csrf_token


def post(client: FlaskClient, path: str, **said: object) -> TestResponse:
    return client.post(
        path, data={"csrf_token": csrf_token(client), **said}, content_type="multipart/form-data"
    )


def fresh(session: Session, row: object) -> None:
    """See what the app has committed."""
    session.commit()
    session.refresh(row)
    session.commit()
