"""A show with one published episode, its producer, and their program."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, Episode, Show
from tests.factories import make_account, make_community, make_membership, make_published, make_show
from tests.web.api.calling import Program, program_of


@dataclass(frozen=True)
class Desk:
    """Where a producer's program works."""

    show: Show
    episode: Episode
    producer: Account
    program: Program


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> Desk:
    """Committed, with nothing open."""
    show = make_show(session, make_community(session), slug="ward-rounds")
    episode = make_published(session, show, title="Falls")
    producer = make_account(session, name="Ada Producer")
    make_membership(session, producer, show.community, "producer")
    return Desk(show, episode, producer, program_of(client, session, producer))
