"""The page of API tokens: made with proof, shown once, taken back, and written down."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, ApiToken, AuditEntry
from app.services import api_tokens
from app.web.api.blueprint import bp
from tests.factories import make_account, make_community, make_membership
from tests.fakes import SetClock
from tests.web.second_step import send
from tests.web.signing import PASSWORD, sign_in

NEW = "/account/tokens/new"
WANTED = {"name": "Recording room", "scopes": "read", "days": "90"}


@pytest.fixture
def producer(client: FlaskClient, session: Session) -> Account:
    """Signed in."""
    account = make_account(session, name="Ada")
    make_membership(session, account, make_community(session), "producer")
    session.commit()
    sign_in(client, account)
    return account


def tokens(session: Session) -> list[ApiToken]:
    found = list(session.scalars(sa.select(ApiToken)))
    session.rollback()
    return found


@pytest.mark.usefixtures("producer")
def test_a_token_is_shown_once_and_opens_the_api(client: FlaskClient, session: Session) -> None:
    made = send(client, NEW, **WANTED)

    found = re.search(r'value="(hearth_[\w-]{43})"', made.text)
    assert found
    me = client.get(f"{bp.url_prefix}/me", headers={"Authorization": f"Bearer {found[1]}"}).json
    assert (me["token"], me["scopes"], me["expires_at"][:10]) == ("Recording room", ["read"], "2026-05-31")
    assert "no-store" in made.headers["Cache-Control"]
    listed = client.get("/account/tokens").text
    assert "Recording room" in listed
    assert found[1] not in listed
    assert found[1] not in str(session.execute(sa.text("SELECT * FROM api_tokens")).all())


@pytest.mark.usefixtures("producer")
def test_the_password_is_asked_once_signing_in_is_a_while_ago(
    client: FlaskClient, session: Session, clock: SetClock
) -> None:
    clock.move(minutes=16)

    assert send(client, NEW, **WANTED).status_code == 422
    assert "This is not your password" in send(client, NEW, **WANTED, current="something else").text
    assert tokens(session) == []
    send(client, NEW, **WANTED, current=PASSWORD)
    assert len(tokens(session)) == 1


@pytest.mark.usefixtures("producer")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Enter what the token is for"),
        ({"name": "n" * 61}, "60 characters"),
        ({"scopes": ""}, "Choose at least one thing"),
        ({"scopes": "everything"}, "Choose at least one thing"),
        ({"days": "36500"}, "Choose how long"),
        ({"days": "x"}, "Choose how long"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    client: FlaskClient, session: Session, wrong: dict[str, str], words: str
) -> None:
    answer = send(client, NEW, **WANTED | wrong)

    assert (answer.status_code, words in answer.text) == (422, True)
    assert tokens(session) == []


@pytest.mark.usefixtures("producer")
def test_nobody_has_more_tokens_than_they_can_look_after(client: FlaskClient, session: Session) -> None:
    for _ in range(api_tokens.MOST_TOKENS):
        send(client, NEW, **WANTED)

    assert "Take some of them back first" in send(client, NEW, **WANTED).text
    assert len(tokens(session)) == api_tokens.MOST_TOKENS


@pytest.mark.usefixtures("producer")
def test_a_token_is_taken_back_and_both_are_written_down(client: FlaskClient, session: Session) -> None:
    send(client, NEW, **WANTED)
    path = f"/account/tokens/{session.scalars(sa.select(ApiToken.id)).one()}/take-back"
    session.rollback()

    asked = client.get(path).text
    send(client, path)

    assert "Take “Recording room” back?" in asked
    assert tokens(session) == []
    entries = session.execute(sa.select(AuditEntry.what, AuditEntry.subject).order_by(AuditEntry.id)).all()
    assert [tuple(entry) for entry in entries] == [
        ("made an API token", "Recording room"),
        ("took an API token back", "Recording room"),
    ]


def test_tokens_are_for_those_who_make(client: FlaskClient, session: Session) -> None:
    member = make_account(session)
    make_membership(session, member, make_community(session), "member")
    session.commit()
    sign_in(client, member)

    assert client.get(NEW).status_code == 403
    assert "API tokens" not in client.get("/account").text
    assert NEW not in client.get("/account/tokens").text
