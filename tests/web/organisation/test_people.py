"""Who comes in by the organisation's own sign-in, who does not, and what is connected with what."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, AppCode, Community, Invitation, MemberRole
from app.services import accounts
from app.services.access import role_in
from tests.factories import WHEN, make_account
from tests.fakes import KeptMail, SetClock
from tests.openid.issuing import Issuer
from tests.web.organisation.going import audited, come_in, connect, finish, go, held, invited, who
from tests.web.signing import csrf_token, sign_in


def test_the_first_time_the_address_leads_to_the_account(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account, backends: Backends
) -> None:
    mailer = backends.mailer
    assert isinstance(mailer, KeptMail)

    answer = come_in(client, issuer)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert "From now on you can sign in with Mersey sign-in." in client.get("/account").text
    assert held(session) == [("subject-1", "ada@example.org")]
    assert ("Ada", "connected their account with the organisation's sign-in") in audited(session)
    assert [letter.to for letter in mailer.letters] == ["ada@example.org"]
    assert "Mersey sign-in" in mailer.letters[0].text


def test_from_then_on_only_the_subject_counts(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, ada: Account, backends: Backends
) -> None:
    come_in(client, issuer)
    issuer.email, issuer.email_verified = "moved@example.org", False
    make_account(session, email="moved@example.org")
    session.commit()
    later = app.test_client()

    come_in(later, issuer)

    assert who(later) == "ada@example.org"
    assert held(session) == [("subject-1", "ada@example.org")]
    assert isinstance(backends.mailer, KeptMail)
    assert len(backends.mailer.letters) == 1
    assert len(audited(session)) == 1


def test_an_address_is_no_way_around_a_second_step(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    session.add(AppCode(account_id=ada.id, secret="encrypted", last_step=0, created_at=WHEN))
    session.commit()

    answer = come_in(client, issuer)

    assert answer.status_code == 403
    assert "asks for a second step" in answer.text
    assert (who(client), held(session)) == (None, [])


def test_an_address_that_was_given_to_somebody_else_does_not_bring_the_account_along(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    come_in(client, issuer)
    issuer.subject, theirs = "subject-2", app.test_client()

    answer = come_in(theirs, issuer)

    assert answer.status_code == 403
    assert "connected with somebody else at Mersey sign-in" in answer.text
    assert who(theirs) is None
    assert held(session) == [("subject-1", "ada@example.org")]


def test_who_was_not_invited_stays_out(client: FlaskClient, session: Session, issuer: Issuer) -> None:
    answer = come_in(client, issuer)

    assert answer.status_code == 403
    assert "Nobody has an account here with this address" in answer.text
    assert "ask the facilitator of your community to invite you" in answer.text
    assert session.scalars(sa.select(Account)).all() == []


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_is_not_vouched_for_leads_nowhere(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account, verified: object
) -> None:
    issuer.email_verified = verified

    answer = come_in(client, issuer)

    assert answer.status_code == 403
    assert "has not confirmed an e-mail address" in answer.text
    assert held(session) == []


@pytest.mark.parametrize("connected", [True, False])
def test_a_closed_account_stays_out(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, ada: Account, connected: bool
) -> None:
    if connected:
        come_in(client, issuer)
    session.refresh(ada)
    ada.active = False
    session.commit()

    answer = come_in(app.test_client(), issuer)

    assert answer.status_code == 403
    assert "Your account is closed" in answer.text


def test_closing_an_account_forgets_who_it_was(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    come_in(client, issuer)
    session.refresh(ada)
    owner = make_account(session, is_owner=True)

    accounts.close_account(session, ada, owner)
    session.commit()

    assert held(session) == []


def test_an_invitation_is_accepted_without_a_password(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends
) -> None:
    path = invited(session, backends)
    button = re.search(r'href="(/sign-in/organisation\?invitation=[^"]+)">Accept with', client.get(path).text)
    assert button

    answer = come_in(client, issuer, button.group(1))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/studio/")
    page = client.get("/studio/").text
    assert "Welcome to Nurses." in page
    account = accounts.find_account(session, "ada@example.org")
    assert account is not None
    assert (account.name, account.password) == ("Ada at the provider", None)
    community = session.scalars(sa.select(Community)).one()
    assert role_in(session, account, community.id) is MemberRole.producer
    assert [what for _, what in audited(session)] == [
        "joined",
        "connected their account with the organisation's sign-in",
    ]
    assert client.get(path).status_code == 404


def test_an_invitation_to_another_address_is_not_taken(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends
) -> None:
    path = invited(session, backends, "bea@example.org")

    answer = come_in(client, issuer, f"/sign-in/organisation?invitation={path.rpartition('/')[2]}")

    assert answer.status_code == 403
    assert "the invitation was not written to this address" in answer.text
    assert held(session) == []


def test_an_invitation_that_was_taken_back_meanwhile_lets_nobody_in(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends
) -> None:
    path = invited(session, backends)
    back = go(client, issuer, f"/sign-in/organisation?invitation={path.rpartition('/')[2]}")
    session.execute(sa.delete(Invitation))
    session.commit()

    assert finish(client, back).status_code == 404
    assert held(session) == []


def test_who_has_an_account_is_asked_by_the_invitation(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends, ada: Account
) -> None:
    path = invited(session, backends)

    answer = come_in(client, issuer, f"/sign-in/organisation?next={path}")

    assert answer.headers["Location"] == path
    assert "Join as Ada" in client.get(path).text


@pytest.mark.parametrize("name", ["", " \n", "x" * 250, "a\u202eb", "<script>alert(1)</script>"])
def test_a_hostile_name_is_harmless(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends, name: str
) -> None:
    issuer.name = name
    path = invited(session, backends)

    come_in(client, issuer, f"/sign-in/organisation?invitation={path.rpartition('/')[2]}")

    account = accounts.find_account(session, "ada@example.org")
    assert account is not None
    assert account.name in ("ada", "<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/account").text


def test_somebody_signed_in_connects_another_address_and_ends_that_again(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    issuer.email = "ada@elsewhere.example"
    sign_in(client, ada)
    assert connect(client).status_code == 302
    assert "Go on to Mersey sign-in" in client.get("/account/organisation").text

    assert come_in(client, issuer).headers["Location"] == "/account/organisation"

    assert held(session) == [("subject-1", "ada@example.org")]
    page = client.get("/account/organisation").text
    assert "is connected with Mersey sign-in since" in page
    other = app.test_client()
    come_in(other, issuer)
    assert who(other) == "ada@example.org"

    client.post("/account/organisation/disconnect", data={"csrf_token": csrf_token(client)})

    assert held(session) == []
    assert audited(session)[-1] == ("Ada", "disconnected their account from the organisation's sign-in")
    assert come_in(app.test_client(), issuer).status_code == 403


def test_nobody_connects_without_the_password(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account, clock: SetClock
) -> None:
    issuer.email = "ada@elsewhere.example"
    sign_in(client, ada)

    refused = connect(client, "not the password")
    assert (refused.status_code, client.get("/sign-in/organisation").headers["Location"]) == (422, "/account")
    connect(client)
    clock.move(minutes=11)  # too long ago

    assert client.get("/sign-in/organisation").headers["Location"] == "/account"
    assert held(session) == []


def test_guessing_the_password_there_is_counted_as_signing_in(
    client: FlaskClient, issuer: Issuer, ada: Account
) -> None:
    sign_in(client, ada)

    assert [connect(client, "wrong").status_code for _ in range(11)] == [422] * 10 + [429]


def test_what_was_begun_for_one_account_connects_no_other(
    client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    bea = make_account(session)
    session.commit()
    sign_in(client, ada)
    connect(client)
    back = go(client, issuer)
    with client.session_transaction() as theirs:
        theirs["_user_id"] = bea.fs_uniquifier

    assert finish(client, back).status_code == 403
    assert held(session) == []


def test_two_accounts_are_not_connected_with_one_person(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, ada: Account
) -> None:
    come_in(app.test_client(), issuer)
    bea = make_account(session)
    session.commit()
    sign_in(client, bea)
    connect(client)

    answer = come_in(client, issuer)

    assert answer.status_code == 403
    assert "belongs to another account here" in answer.text
    assert held(session) == [("subject-1", "ada@example.org")]


def test_the_only_way_in_is_not_taken_away(
    client: FlaskClient, session: Session, issuer: Issuer, backends: Backends
) -> None:
    path = invited(session, backends)
    come_in(client, issuer, f"/sign-in/organisation?invitation={path.rpartition('/')[2]}")

    answer = client.post("/account/organisation/disconnect", data={"csrf_token": csrf_token(client)})

    assert answer.status_code == 409
    assert "Set a password first" in answer.text
    assert held(session) == [("subject-1", "ada@example.org")]
    assert "Set a password" in client.get("/account/organisation").text
    assert "You have no password yet" in client.get("/account").text


def test_who_has_no_password_gets_one_by_a_link(
    app: Flask, client: FlaskClient, session: Session, issuer: Issuer, backends: Backends
) -> None:
    path = invited(session, backends)
    come_in(client, issuer, f"/sign-in/organisation?invitation={path.rpartition('/')[2]}")
    theirs, mailer = app.test_client(), backends.mailer
    assert isinstance(mailer, KeptMail)
    mailer.letters.clear()

    asked = {"csrf_token": csrf_token(theirs, "/reset"), "email": "ada@example.org"}
    theirs.post("/reset", data=asked).close()
    link = re.search(r"/reset/\S+", mailer.letters[0].text)
    assert link
    chosen = {"password": "lantern pebble orchard", "again": "lantern pebble orchard"}
    theirs.post(link.group(), data=chosen | {"csrf_token": csrf_token(theirs, link.group())})

    assert who(theirs) == "ada@example.org"
