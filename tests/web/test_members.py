"""Asking people in, their roles, leaving, another e-mail address."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, Community, MemberRole
from app.services import accounts, members
from app.services.access import role_in
from tests.factories import make_account, make_community, make_membership
from tests.fakes import KeptMail, SetClock
from tests.web.signing import PASSWORD, csrf_token, sign_in
from tests.web.studio import fresh, post

NEW = "lantern pebble orchard"


@pytest.fixture
def community(session: Session) -> Community:
    """What people are asked into."""
    return make_community(session, slug="nurses", name="Nurses")


@pytest.fixture
def facilitator(client: FlaskClient, session: Session, community: Community) -> Account:
    """Who asks; signed in at the client."""
    account = make_account(session, name="Amina Facilitator")
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def producer(session: Session, community: Community, facilitator: Account) -> Account:
    """Somebody else who works there."""
    account = make_account(session, name="Bea Producer")
    make_membership(session, account, community, "producer")
    session.commit()
    return account


def invite(client: FlaskClient, email: str = "cy@example.org", role: str = "producer") -> str:
    """The path of the link that the page shows."""
    page = post(client, "/studio/communities/nurses/members", email=email, role=role)
    page.close()  # letters leave after the answer
    found = re.search(r'value="http://127\.0\.0\.1:8000(/invitation/[\w.-]+)"', page.text)
    assert found, page.text
    return found.group(1)


def join(theirs: FlaskClient, path: str, **changed: str) -> int:
    """Make an account by the link; the status of the answer."""
    said = {"name": "Cy", "password": NEW, "again": NEW, "csrf_token": csrf_token(theirs, path)} | changed
    return theirs.post(path, data=said).status_code


def role_of(session: Session, account: Account, community: Community) -> MemberRole | None:
    session.rollback()
    found = role_in(session, account, community.id)
    session.rollback()
    return found


def test_whoever_is_invited_makes_an_account_and_works(
    app: Flask, client: FlaskClient, session: Session, community: Community, facilitator: Account
) -> None:
    path, theirs = invite(client, "Cy@Example.org"), app.test_client()

    assert join(theirs, path) == 302

    account = accounts.find_account(session, "cy@example.org")
    assert account is not None
    assert role_of(session, account, community) is MemberRole.producer
    assert "Welcome to Nurses." in theirs.get("/studio/").text
    assert app.test_client().get(path).status_code == 404  # once


def test_whoever_has_an_account_signs_in_and_says_yes(
    app: Flask, client: FlaskClient, session: Session, community: Community, facilitator: Account
) -> None:
    account = make_account(session, name="Dee")
    session.commit()
    path, theirs = invite(client, account.email, "member"), app.test_client()

    asked = theirs.get(path).text
    assert f"/sign-in?next={path}" in asked
    sign_in(theirs, account)
    assert role_of(session, account, community) is None
    assert theirs.post(path, data={"csrf_token": csrf_token(theirs, path)}).status_code == 302

    assert role_of(session, account, community) is MemberRole.member


def test_a_weaker_invitation_takes_nothing_away(
    client: FlaskClient, session: Session, community: Community, producer: Account, backends: Backends
) -> None:
    invitation = members.invite(
        session, community, "x@example.org", MemberRole.member, producer, backends.clock()
    )

    members.accept(session, invitation, producer, backends.clock())

    assert role_in(session, producer, community.id) is MemberRole.producer


def test_an_invitation_ends(
    app: Flask, client: FlaskClient, facilitator: Account, clock: SetClock, session: Session
) -> None:
    old = invite(client)
    clock.move(days=13)
    assert app.test_client().get(old).status_code == 200
    clock.move(days=1)
    renewed = invite(client)

    assert app.test_client().get(old).status_code == 404
    assert app.test_client().get(renewed).status_code == 200
    assert client.get("/studio/communities/nurses/members").text.count('row__title">cy@example.org<') == 1


def test_an_invitation_is_taken_back(app: Flask, client: FlaskClient, facilitator: Account) -> None:
    path = invite(client)
    page = client.get("/studio/communities/nurses/members").text
    found = re.search(r'action="(/studio/invitations/[\w-]+)/take-back"', page)
    assert found

    assert path in post(client, f"{found.group(1)}/link").text
    post(client, f"{found.group(1)}/take-back")

    assert app.test_client().get(path).status_code == 404
    client.get("/studio/")  # reads the notice that names the address
    assert "cy@example.org" not in client.get("/studio/communities/nurses/members").text


@pytest.mark.parametrize("token", ["x", "ü", "ImFiYyI.x", "a" * 4000])
def test_a_forged_invitation_is_nothing(client: FlaskClient, token: str) -> None:
    assert client.get(f"/invitation/{token}").status_code == 404


def test_an_invitation_is_written_to_an_address_and_not_to_a_member(
    client: FlaskClient, session: Session, producer: Account
) -> None:
    at = "/studio/communities/nurses/members"

    encoded = "=?utf-8?q?x=0d=0abcc?=@example.org"  # which the head of a letter would be read as (RFC 2047)
    for email, said in (
        ("nobody", "correct format"),
        (encoded, "correct format"),
        (producer.email, "a member already"),
    ):
        answer = post(client, at, email=email, role="member")
        assert answer.status_code == 422
        assert said in answer.text
    assert post(client, at, email="x@example.org", role="owner").status_code == 422


def test_a_letter_carries_the_invitation(
    app: Flask, client: FlaskClient, facilitator: Account, backends: Backends
) -> None:
    assert isinstance(backends.mailer, KeptMail)
    path = invite(client)

    (letter,) = backends.mailer.letters
    assert letter.to == "cy@example.org"
    assert "Amina Facilitator invites you" in letter.text
    assert f"http://127.0.0.1:8000{path}" in letter.text


def test_a_facilitator_changes_and_takes_roles_but_not_their_own(
    client: FlaskClient, session: Session, community: Community, facilitator: Account, producer: Account
) -> None:
    at = f"/studio/communities/nurses/members/{producer.id}"
    own = f"/studio/communities/nurses/members/{facilitator.id}"

    assert post(client, own, role="").status_code == 409
    assert post(client, at, role="owner").status_code == 422
    for wanted in ("facilitator", "storyteller", ""):
        assert post(client, at, role=wanted).status_code == 302
        assert role_of(session, producer, community) == (wanted or None)
    assert post(client, at, role="producer").status_code == 404
    assert role_of(session, facilitator, community) is MemberRole.facilitator


def test_who_leaves_has_no_role_any_more(
    app: Flask, session: Session, community: Community, producer: Account
) -> None:
    theirs = app.test_client()
    sign_in(theirs, producer)
    assert "/account/leave/nurses" in theirs.get("/account").text

    assert "Leave Nurses?" in theirs.get("/account/leave/nurses").text
    assert post(theirs, "/account/leave/nurses").status_code == 302

    assert role_of(session, producer, community) is None
    assert theirs.get("/studio/").status_code == 403
    assert post(theirs, "/account/leave/nurses").status_code == 404


def test_another_address_is_proved_by_a_letter(
    app: Flask, session: Session, producer: Account, backends: Backends, clock: SetClock
) -> None:
    assert isinstance(backends.mailer, KeptMail)
    before, theirs = producer.email, app.test_client()
    sign_in(theirs, producer)
    said = {"email": "New@Example.org", "current": PASSWORD, "csrf_token": csrf_token(theirs)}
    theirs.post("/account/email", data=said).close()
    fresh(session, producer)
    assert producer.email == before
    found = re.search(r"http://127\.0\.0\.1:8000(/account/email/\S+)", backends.mailer.letters[0].text)
    assert found
    path = found.group(1)

    assert "new@example.org" in theirs.get(path).text
    answer = post(theirs, path)
    answer.close()

    fresh(session, producer)
    assert answer.status_code == 302
    assert producer.email == "new@example.org"
    assert [letter.to for letter in backends.mailer.letters] == ["new@example.org", before]
    assert theirs.get(path).status_code == 404  # once


def test_a_link_for_another_address_ends_with_its_hour(
    session: Session, backends: Backends, producer: Account, clock: SetClock, client: FlaskClient
) -> None:
    link = accounts.email_link(
        producer, "a@example.org", backends.settings.secret, "", clock() + timedelta(hours=2)
    )
    clock.move(hours=2)

    assert client.get(link).status_code == 404


def test_another_address_needs_the_password_and_must_be_free(
    app: Flask, session: Session, producer: Account, facilitator: Account, backends: Backends
) -> None:
    assert isinstance(backends.mailer, KeptMail)
    backends.mailer.sends = False
    theirs = app.test_client()
    sign_in(theirs, producer)
    token = csrf_token(theirs)

    for email, password, said in (
        ("new@example.org", "wrong horse battery", "not your password"),
        (facilitator.email, PASSWORD, "already an account"),
        ("nobody", PASSWORD, "correct format"),
    ):
        form = {"email": email, "current": password, "csrf_token": token}
        answer = theirs.post("/account/email", data=form)
        assert (answer.status_code, said in answer.text) == (422, True)
    form = {"email": "new@example.org", "current": PASSWORD, "csrf_token": token}
    assert theirs.post("/account/email", data=form).status_code == 302
    fresh(session, producer)
    assert producer.email == "new@example.org"


def test_no_two_fields_of_the_members_page_have_one_id(
    client: FlaskClient, community: Community, producer: Account
) -> None:
    found = re.findall(r' id="([^"]+)"', client.get(f"/studio/communities/{community.slug}/members").text)

    assert "role-of-2" in found  # the first is the facilitator, whose own role is no choice
    assert len(found) == len(set(found))
