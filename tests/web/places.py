"""A small world with one of everything that an address can name, and one person of every role."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.models import (
    Account,
    ApiToken,
    Chapter,
    Community,
    Consent,
    DraftLink,
    Episode,
    Invitation,
    MemberRole,
    Notice,
    Passkey,
    Person,
    Season,
    Upload,
)
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_membership,
    make_published,
    make_show,
)

#: Weakest first. A stranger is a producer of another community.
ROLES = ("anonymous", "member", "storyteller", "stranger", "producer", "facilitator", "owner")


@dataclass(frozen=True)
class World:
    """Two communities and an account for each role in the first (the stranger's is in the second)."""

    community: Community
    accounts: dict[str, Account]


@dataclass(frozen=True)
class Place:
    """A show with a published episode, and what belongs to them: fresh for each request that is tried."""

    episode: Episode
    season: Season
    person: Person
    consent: Consent
    upload: Upload
    notice: Notice
    free_person: Person
    other: Account
    invitation: Invitation
    draft_link: DraftLink
    passkey: Passkey
    api_token: ApiToken

    def values(self, rule: str, community: Community) -> dict[str, object]:
        """What stands for each name in this address."""
        episode, show = self.episode, self.episode.show
        enclosure = episode.enclosure
        assert enclosure is not None
        return {
            "slug": episode.slug
            if "<show_slug>" in rule
            else community.slug
            if "communities" in rule or "leave" in rule
            else show.slug,
            "show_slug": show.slug,
            "episode_id": episode.id,
            "guid": episode.guid,
            "name": "upload.png"
            if "help" in rule
            else f"{(show.artwork_sha256 or '')[:12]}-320.jpg"
            if "artwork" in rule
            else f"{enclosure.sha256[:12]}.mp3",
            "ending": "vtt",
            "kind": "play",
            "show_id": show.id,
            "token": "x",
            "account_id": self.other.id,
            "invitation_id": self.invitation.id,
            "link_id": self.draft_link.id,
            "passkey_id": self.passkey.id,
            "token_id": self.api_token.id,
            "consent_id": self.consent.id,
            "credit_id": episode.credits[0].id,
            "season_id": self.season.id,
            "person_id": self.free_person.id,
            "notice_id": self.notice.id,
            "recording_id": episode.recording_id,
            "upload_id": self.upload.id,
            "number": 0,
            "what": "bin",
            "wanted": "now",
            "filename": "css/hearth.css",
        }


def make_world(session: Session) -> World:
    """A community with a member, a storyteller, a producer and a facilitator; a stranger; the owner."""
    community, elsewhere = make_community(session), make_community(session)
    accounts = {role: make_account(session, name=role) for role in ROLES[1:-1]}
    accounts["owner"] = make_account(session, name="owner", is_owner=True)
    for role in ("member", "storyteller", "producer", "facilitator"):
        make_membership(session, accounts[role], community, role)
    make_membership(session, accounts["stranger"], elsewhere, "producer")
    return World(community, accounts)


def make_place(session: Session, world: World) -> Place:
    """A fresh show of the world's community; upload, notice, passkey and token are the producer's own."""
    producer = world.accounts["producer"]
    show = make_show(session, world.community, artwork_sha256="a" * 64)
    episode = make_published(session, show)
    episode.chapters.append(Chapter(start_ms=0, title="Beginning"))
    season = Season(show=show, number=1)
    person = episode.credits[0].person
    free_person = Person(community_id=world.community.id, public_name="Not named yet", created_at=WHEN)
    consent = Consent(
        episode=episode,
        person=person,
        purpose="publish",
        how_given="in writing",
        given_on=WHEN.date(),
        taken_by="A facilitator",
        created_at=WHEN,
    )
    upload = Upload(
        account_id=producer.id,
        show_id=show.id,
        file_name="ward.wav",
        size_bytes=1000,
        first_part_sha256="0" * 64,
        store_upload=uuid.uuid4().hex,
        agreement_version="1",
        agreed_at=WHEN,
        created_at=WHEN,
        touched_at=WHEN,
    )
    notice = Notice(
        account_id=producer.id, episode_id=episode.id, kind="ready", text="It is ready.", created_at=WHEN
    )
    invitation = Invitation(
        community_id=world.community.id,
        email="invited@example.org",
        role=MemberRole.producer,
        created_at=WHEN,
        expires_at=WHEN + timedelta(days=14),
    )
    draft_link = DraftLink(episode=episode, token_sha256=uuid.uuid4().hex, created_at=WHEN)
    passkey = Passkey(
        account_id=producer.id,
        name="Phone",
        credential_id=uuid.uuid4().bytes,
        public_key=b"",
        sign_count=0,
        transports=[],
        created_at=WHEN,
    )
    api_token = ApiToken(
        account_id=producer.id,
        name="Recording room",
        scopes="read upload",
        token_sha256=uuid.uuid4().hex,
        by_provider=False,
        created_at=WHEN,
        expires_at=WHEN + timedelta(days=365),
    )
    session.add_all(
        [season, free_person, consent, upload, notice, invitation, draft_link, passkey, api_token]
    )
    session.flush()
    other = make_account(session)
    make_membership(session, other, world.community, "member")
    return Place(
        episode,
        season,
        person,
        consent,
        upload,
        notice,
        free_person,
        other,
        invitation,
        draft_link,
        passkey,
        api_token,
    )


def client_of(app: Flask, account: Account | None) -> tuple[FlaskClient, str]:
    """A browser in which this account is signed in, and its CSRF token.

    The session is written, not signed in for: the matrix makes hundreds of them.
    """
    client = app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "the session's own"
        if account is not None:
            session["_user_id"] = account.fs_uniquifier
            session["_fresh"] = True
    secret = app.config["SECRET_KEY"]
    return client, URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps("the session's own")
