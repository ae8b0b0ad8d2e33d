"""A program that has a token, for tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Account, Scope
from app.services import api_tokens
from tests.factories import WHEN

HERE = "/api/v1"


@dataclass(frozen=True)
class Program:
    """What calls, and its token."""

    client: FlaskClient
    token: str

    def call(self, method: str, path: str, **sent: Any) -> TestResponse:
        """One request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **sent.pop("headers", {})}
        return self.client.open(HERE + path, method=method, headers=headers, **sent)

    def get(self, path: str, **asked: object) -> TestResponse:
        """Ask for something."""
        return self.call("GET", path, query_string=asked)

    def post(self, path: str, **said: object) -> TestResponse:
        """Have something done."""
        return self.call("POST", path, json=said)

    def put(self, path: str, **said: object) -> TestResponse:
        """Have something be there."""
        return self.call("PUT", path, json=said)

    def patch(self, path: str, **said: object) -> TestResponse:
        """Change something."""
        return self.call("PATCH", path, json=said)

    def delete(self, path: str) -> TestResponse:
        """Have something gone."""
        return self.call("DELETE", path)


def program_of(
    client: FlaskClient, session: Session, account: Account, scopes: Iterable[Scope] = tuple(Scope)
) -> Program:
    """A program of this account; committed."""
    _, text = api_tokens.make(session, account, "Nightly", list(scopes), 365, WHEN, by_provider=False)
    session.commit()
    return Program(client, text)
