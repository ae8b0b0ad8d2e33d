"""One service in which every payload stands in every field that a person can fill through the web.

Each payload has a community, a show, a season, an episode, people, an account and an upload of its own,
filled by the forms that people use. What a machine hears is set as a hostile recording would set it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.backends import Backends, open_backends
from app.settings import read_settings
from tests.factories import make_account
from tests.fakes import KeptMail, SetClock
from tests.threats.fields import index
from tests.threats.payloads import sent, typed, word
from tests.web.places import client_of


@dataclass
class Corner:
    """What belongs to one payload: ids of rows, and what became of each field."""

    number: int
    payload: str
    ids: dict[str, Any] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    #: Field -> the text that was sent, where it was taken; and the fields that were refused.
    taken: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def text(self, name: str) -> str:
        """What is typed into this field."""
        return typed(self.payload, self.word(name))

    def word(self, name: str) -> str:
        """By which the text of this field is found again."""
        return word(index(name), self.number)

    def has_turn(self, page: int) -> bool:
        """Whether this payload is one of the third that sees this page."""
        return (self.number + page) % 3 == 0

    @property
    def payload_text(self) -> str:
        """The payload where no field is meant."""
        return typed(self.payload, f"x{self.number:02}q")


@dataclass
class World:
    """The service, its owner's browser, and the corners."""

    app: Flask
    backends: Backends
    session: Session
    owner: FlaskClient
    token: str
    corners: list[Corner] = field(default_factory=list)
    #: Pages that are seen only once, on the way: (endpoint, payload's number, answer).
    passed: list[tuple[str, int | None, TestResponse]] = field(default_factory=list)

    @property
    def mail(self) -> KeptMail:
        """The letters that were sent."""
        mailer = self.backends.mailer
        assert isinstance(mailer, KeptMail)
        return mailer

    def post(self, path: str, **said: str) -> TestResponse:
        """A form as a browser, or a program that is none, sends it."""
        body = "&".join(urlencode({name: sent(text)}) for name, text in said.items())
        return self.owner.post(
            path,
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-CSRFToken": self.token},
            buffered=True,  # letters leave when the answer is closed
        )

    def fill(
        self, corner: Corner, endpoint: str, path: str, base: dict[str, str], **names: str
    ) -> TestResponse:
        """Send the payload in all these fields at once; one by one where some of them are refused.

        `names`: the form's name of a field -> ours.
        """
        texts = {name: corner.text(ours) for name, ours in names.items()}
        answer = self.post(path, **base | texts)
        self.passed.append((endpoint, corner.number, answer))
        if answer.status_code == 302:
            corner.taken |= {names[name]: text for name, text in texts.items()}
        elif len(names) > 1:
            for name, ours in names.items():
                self.fill(corner, endpoint, path, base | self._so_far(corner, base, names), **{name: ours})
        else:
            assert answer.status_code == 422, (names, corner.payload, answer.status_code)
            corner.refused |= set(names.values())
        return answer

    def _so_far(self, corner: Corner, base: dict[str, str], names: dict[str, str]) -> dict[str, str]:
        return {name: corner.taken[ours] for name, ours in names.items() if ours in corner.taken}


@contextmanager
def opened(said: Mapping[str, str]) -> Iterator[World]:
    """An empty service of these settings, with its owner."""
    real = open_backends(read_settings(said))
    backends = Backends(real.settings, real.database, real.store, KeptMail(), real.engine, SetClock())
    app = create_app(backends=backends)
    app.testing = True
    with backends.database.session() as session:
        owner = make_account(session, email="owner@example.org", is_owner=True)
        session.commit()
        client, token = client_of(app, owner)
        session.rollback()
        yield World(app, backends, session, client, token)
    backends.database.dispose()
