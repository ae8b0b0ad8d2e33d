"""Who did what, when: with the change, in its transaction, never changed again."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import Database
from app.models import Account, AuditEntry, Community, Episode, PublishWish
from app.services import audit, episodes
from app.services.audit import Subject
from app.web.audited import SILENT, WORDS
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_membership,
    make_recording,
    make_show,
    make_transcript,
)
from tests.web.signing import sign_in
from tests.web.studio import post


@pytest.fixture
def community(session: Session) -> Community:
    """Where things happen."""
    return make_community(session, slug="nurses", name="Nurses")


@pytest.fixture
def facilitator(client: FlaskClient, session: Session, community: Community) -> Account:
    """Who does them."""
    account = make_account(session, name="Amina Facilitator")
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def episode(session: Session, community: Community, facilitator: Account) -> Episode:
    """A draft that can be published."""
    made = make_episode(session, make_show(session, community), title="Falls")
    recording = make_recording(session, made)
    make_enclosure(session, recording)
    make_transcript(session, recording)
    session.commit()
    return made


def said(session: Session) -> list[tuple[str, str, str]]:
    """All entries, oldest first."""
    session.rollback()
    rows = session.execute(
        sa.select(AuditEntry.who, AuditEntry.what, AuditEntry.subject).order_by(AuditEntry.id)
    ).all()
    session.rollback()
    return [(who, what, subject) for who, what, subject in rows]


def test_every_route_that_changes_something_has_words_or_a_reason_to_be_silent(app: Flask) -> None:
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }

    assert changing == WORDS.keys() | SILENT
    assert not WORDS.keys() & SILENT


def test_a_change_leaves_who_what_and_of_which(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    at = f"/studio/episodes/{episode.id}"
    post(client, f"{at}/publish/now")
    post(client, f"{at}/withdraw")
    post(client, "/studio/communities/nurses/members", email="cy@example.org", role="member")

    who = "Amina Facilitator"
    assert said(session) == [
        (who, "published it, or asked for it as soon as it can be heard", "Falls"),
        (who, "withdrew it for good", "Falls"),
        (who, "invited somebody", "cy@example.org, as a member"),
    ]
    page = client.get("/studio/audit").text
    assert re.search(rf'withdrew it for good: <a href="{at}">Falls</a>', page)


def test_what_did_not_happen_leaves_nothing(client: FlaskClient, session: Session, episode: Episode) -> None:
    refused = post(client, f"/studio/episodes/{episode.id}/edit", title="")
    looked = client.get(f"/studio/episodes/{episode.id}/edit")

    assert (refused.status_code, looked.status_code) == (422, 200)
    assert said(session) == []


def test_what_the_service_publishes_by_itself_is_its_own_doing(session: Session, episode: Episode) -> None:
    assert episode.recording is not None
    episode.wish = PublishWish.when_ready
    episodes.take_transcript(session, episode.recording, episode.transcript, WHEN)
    session.commit()

    assert said(session) == [("Hearth", "published it", "Falls")]


def test_a_facilitator_sees_their_own_communities_and_the_owner_all(
    app: Flask, client: FlaskClient, session: Session, episode: Episode, community: Community
) -> None:
    owner, elsewhere = make_account(session, is_owner=True), make_community(session)
    audit.add(session, owner, "edited the community", Subject("Elsewhere", "", elsewhere.id), WHEN)
    audit.add(session, owner, "edited the community", Subject("Here", "", community.id), WHEN)
    session.commit()
    theirs = app.test_client()
    sign_in(theirs, owner)

    for who, seen in ((client, (False, True)), (theirs, (True, True))):
        page = who.get("/studio/audit").text
        assert ("Elsewhere" in page, "Here" in page) == seen


def test_a_long_list_is_paged(
    client: FlaskClient, session: Session, community: Community, facilitator: Account
) -> None:
    for number in range(audit.PER_PAGE + 1):
        audit.add(session, facilitator, "edited", Subject(f"number {number}.", "", community.id), WHEN)
    session.commit()

    first, last = client.get("/studio/audit").text, client.get("/studio/audit?page=2").text
    assert ("number 50." in first, "number 0." in first) == (True, False)
    assert ("number 50." in last, "number 0." in last) == (False, True)
    assert client.get("/studio/audit?page=999999999999").status_code == 200


@pytest.mark.parametrize("change", ["UPDATE audit_entries SET who = 'x'", "DELETE FROM audit_entries"])
def test_the_database_keeps_every_entry(database: Database, change: str) -> None:
    with database.session() as session:
        audit.add(session, None, "published it", Subject("Falls"), WHEN)
        session.commit()

        with pytest.raises(sa.exc.DBAPIError, match="only ever added"):
            session.execute(sa.text(change))
