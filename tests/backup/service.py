"""A small service with a row in every table, and with everything in it that could get lost on the way."""

import hashlib
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session

from app.artwork import make_artwork
from app.backends import Backends, open_backends
from app.models import (
    Account,
    ApiToken,
    ChildDeath,
    DayListener,
    DraftLink,
    Enclosure,
    Episode,
    EpisodeState,
    FormerEnclosure,
    Identity,
    Invitation,
    Listening,
    MemberRole,
    Notice,
    Recording,
    RecordingState,
    Season,
    Show,
    SignInAttempt,
    SpentChallenge,
    SpoolFile,
    Step,
    UnansweredSearch,
    Upload,
    Window,
    WorkerRow,
)
from app.pipeline import engine
from app.services import artwork, audit, recovery_codes, transcripts
from app.services.audit import Subject
from app.settings import read_settings
from tests.factories import (
    WHEN,
    give_chapters,
    make_account,
    make_community,
    make_episode,
    make_figures,
    make_membership,
    make_published,
    make_recording,
    make_show,
)
from tests.services.proving import KEYS, with_app, with_passkey
from tests.services.stories import make_story
from tests.web.device import Device

SECRET = "not a secret, only for the tests of it"
EXACTLY = datetime(2026, 3, 2, 9, 30, 1, 234567, tzinfo=UTC)
#: Quotes, lines, what is no letter, what is no line for JSON in a page, and a tab.
ODD = 'Ana\u2019s "ward\\round" \u00e9\U0001f399\ufe0f\u2028 \tend\nnext'


def opened(folder: Path, database_url: str = "", store_url: str = "", secret: str = SECRET) -> Backends:
    """A service with these parts, on a machine of its own."""
    said = {"HEARTH_DATA": str(folder), "HEARTH_SECRET": secret}
    said |= {"DATABASE_URL": database_url} if database_url else {}
    said |= {"HEARTH_STORE_URL": store_url} if store_url else {}
    return open_backends(read_settings(said))


def quiet(_text: str) -> None:
    """Say nothing."""


def fill(backends: Backends) -> None:
    """Two shows: published, planned, withdrawn, in the bin, on its way; and everybody who signs in."""
    with backends.database.begin() as session:
        owner = make_account(session, email="owner@example.org", is_owner=True, name=ODD)
        community = make_community(session, slug="nursing", practice=ODD, links=[{"title": ODD, "url": ""}])
        make_membership(session, owner, community, "producer")
        rounds = make_show(session, community, slug="rounds", order="serial")
        stories = make_show(session, community, slug="stories")
        _publish(session, rounds, stories)
        _unpublished(session, rounds, owner)
        _people(session, owner)
        _passing(session, owner, rounds)
        session.flush()
        _show_picture(session, backends, rounds)
        _store_sound(session, backends)
        for episode in session.scalars(sa.select(Episode)):
            transcripts.index(session, episode)
        for recording in session.scalars(sa.select(Recording).where(Recording.state == "working")):
            engine.enqueue(session, recording)


def _publish(session: Session, rounds: Show, stories: Show) -> None:
    season = Season(show=rounds, number=1, name="One")
    session.add(season)
    for number, name in enumerate(("first", "second"), 1):
        at = WHEN + timedelta(days=number)
        episode = make_published(session, rounds, slug=name, number=number, season=season, published_at=at)
        episode.notes = f"*{ODD}*\n\n- {name}"
        give_chapters(session, episode, at_0_00="Begin", at_0_10="The end")
        make_figures(session, episode, WHEN.date())
    story = make_story(session, stories, slug="told", summary="A story")
    story.state, story.published_at = EpisodeState.published, EXACTLY
    gone = make_published(session, stories, slug="gone")
    gone.state, gone.withdrawn_at = EpisodeState.withdrawn, EXACTLY
    assert gone.enclosure is not None
    gone.enclosure.gain_db = -math.inf  # silence
    session.add(FormerEnclosure(episode_id=story.id, sha256="a" * 64, key="", replaced_at=WHEN))
    planned = make_published(session, rounds, slug="planned")
    planned.public_from = datetime(2099, 1, 1, tzinfo=UTC)


def _unpublished(session: Session, rounds: Show, owner: Account) -> None:
    draft = make_episode(session, rounds, slug="draft", title=ODD)
    session.add(DraftLink(episode=draft, token_sha256="b" * 64, created_by=owner.id, created_at=WHEN))
    binned = make_published(session, rounds, slug="binned")
    binned.state, binned.deleted_at = EpisodeState.unpublished, WHEN
    coming = make_episode(session, rounds, slug="coming", created_by=owner.id)
    working = make_recording(session, coming, state=RecordingState.working, step=Step.transcribe)
    session.add(Window(recording_id=working.id, attempt=1, number=0, start_ms=0, end_ms=9, result=[]))
    session.add(ChildDeath(recording_id=working.id, step="master", attempt=1, count=1))
    told = {"kind": "failed", "text": ODD, "created_at": EXACTLY}
    session.add(Notice(account_id=owner.id, episode_id=coming.id, **told))


def _people(session: Session, owner: Account) -> None:
    holder, _phone = with_app(session)
    recovery_codes.make(session, KEYS, holder)
    with_passkey(session, Device())
    said = {"issuer": "https://id.example.org", "subject": "7", "linked_at": WHEN}
    lasts = {"created_at": WHEN, "expires_at": EXACTLY}
    session.add(
        ApiToken(
            account_id=owner.id, name=ODD, scopes="read", token_sha256="f" * 64, by_provider=False, **lasts
        )
    )
    session.add(Identity(account_id=owner.id, **said))
    community_id = session.scalars(sa.select(Show.community_id)).first()
    asked = {"email": "new@example.org", "role": MemberRole.storyteller, "invited_by": owner.id}
    session.add(Invitation(community_id=community_id, created_at=WHEN, expires_at=EXACTLY, **asked))
    session.add(SpentChallenge(digest="c" * 64, expires_at=EXACTLY))
    for number in range(3):
        audit.add(session, owner, f"did a thing {number}", Subject(ODD), EXACTLY)
        session.flush()


def _passing(session: Session, owner: Account, rounds: Show) -> None:
    """What is of use here and now, and what is found nowhere."""
    session.add(SignInAttempt(subject="d" * 64, at=WHEN))
    sent = {"file_name": "a.wav", "size_bytes": 9, "first_part_sha256": "e" * 64, "store_upload": "1"}
    agreed = {"agreement_version": "1", "agreed_at": WHEN, "created_at": WHEN, "touched_at": WHEN}
    session.add(Upload(account_id=owner.id, show_id=rounds.id, **sent, **agreed))
    episode_id = session.scalars(sa.select(Episode.id).where(Episode.slug == "first")).one()
    heard = {"day": date(2026, 3, 2), "episode_id": episode_id, "kind": Listening.download}
    session.add(DayListener(**heard, number="5eed" * 8, asked_bytes=1, is_counted=True))
    session.add(SpoolFile(name="2026-03-02-09.host", read_bytes=7))
    session.add(UnansweredSearch(day=date(2026, 3, 2), words="nothing", count=2))
    long_ago = {"started_at": WHEN, "beat_at": WHEN, "stopped_at": WHEN}
    session.add(WorkerRow(executor_id="old", incarnation="1", slots=1, **long_ago))


def _show_picture(session: Session, backends: Backends, show: Show) -> None:
    source = backends.settings.data / "picture.png"
    Image.new("RGB", (1400, 1400), "teal").save(source)
    picture = make_artwork(source.read_bytes())
    source.unlink()
    artwork.put(backends.store, show.id, picture)
    artwork.use(session, show, picture.sha256, "Teal", WHEN)


def _store_sound(session: Session, backends: Backends) -> None:
    """Bytes for every row that names some; each row tells of them truly."""
    for table in (Recording, Enclosure):
        for row in session.scalars(sa.select(table)):
            content = f"ID3 {row.id}".encode() * 50
            row.size_bytes, row.sha256 = len(content), hashlib.sha256(content).hexdigest()
            backends.store.put_bytes(row.key, content)
    session.flush()
