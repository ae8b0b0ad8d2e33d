"""Rows for tests: make_...(session, **what matters to the test). They flush, the test commits."""

import hashlib
import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from app.models import (
    Account,
    Community,
    Credit,
    CreditRole,
    DayCount,
    Enclosure,
    Episode,
    EpisodeState,
    Listening,
    MemberRole,
    Membership,
    Person,
    Recording,
    RecordingState,
    SegmentRow,
    Show,
    Step,
    TranscriptRow,
)
from app.services import chapters
from app.services.accounts import hash_password

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_count = itertools.count(1)

SENTENCES = (
    "Good morning and welcome to the ward round.",
    "Today we talk about how nurses lead change in their teams.",
    "Falls went down after we moved the handover to the bedside.",
    "Thank you for listening.",
)


kept_hash = cache(hash_password)


def make_account(session: Session, **fields: Any) -> Account:
    """An account that can sign in with the password "correct horse battery"."""
    number = next(_count)
    password = fields.pop("password", "correct horse battery")
    account = Account(
        email=fields.pop("email", f"person{number}@example.org"),
        name=fields.pop("name", f"Person {number}"),
        password=kept_hash(password) if password else None,
        created_at=WHEN,
        **fields,
    )
    session.add(account)
    session.flush()
    return account


def make_community(session: Session, **fields: Any) -> Community:
    """A community of practice."""
    number = next(_count)
    community = Community(
        slug=fields.pop("slug", f"community-{number}"),
        name=fields.pop("name", f"Community {number}"),
        summary="People who improve care together.",
        created_at=WHEN,
        **fields,
    )
    session.add(community)
    session.flush()
    return community


def make_membership(session: Session, account: Account, community: Community, role: str) -> Membership:
    """The account's role in the community."""
    membership = Membership(
        account_id=account.id, community_id=community.id, role=MemberRole(role), created_at=WHEN
    )
    session.add(membership)
    session.flush()
    return membership


def make_show(session: Session, community: Community | None = None, **fields: Any) -> Show:
    """A show without artwork."""
    number = next(_count)
    show = Show(
        community=community or make_community(session),
        slug=fields.pop("slug", f"show-{number}"),
        title=fields.pop("title", f"Show {number}"),
        description=fields.pop("description", "Conversations about care."),
        author="The Academy",
        owner_email="podcasts@example.org",
        changed_at=WHEN,
        created_at=WHEN,
        **fields,
    )
    session.add(show)
    session.flush()
    return show


def make_episode(session: Session, show: Show | None = None, **fields: Any) -> Episode:
    """A draft without a recording."""
    number = next(_count)
    episode = Episode(
        show=show or make_show(session),
        slug=fields.pop("slug", f"episode-{number}"),
        title=fields.pop("title", f"Episode {number}"),
        created_at=WHEN,
        changed_at=WHEN,
        **fields,
    )
    session.add(episode)
    session.flush()
    return episode


def make_recording(session: Session, episode: Episode, **fields: Any) -> Recording:
    """A recording that went all the way, with nothing in the store."""
    identity = uuid.uuid4()
    recording = Recording(
        id=identity,
        episode=episode,
        file_name="ward.wav",
        key=f"recordings/{identity}/source",
        size_bytes=1_000_000,
        sha256=hashlib.sha256(identity.bytes).hexdigest(),
        duration_ms=60_000,
        state=fields.pop("state", RecordingState.ready),
        step=fields.pop("step", Step.index),
        agreement_version="1",
        agreed_at=WHEN,
        created_at=WHEN,
        **fields,
    )
    session.add(recording)
    session.flush()
    episode.recording_id = recording.id
    session.flush()
    return recording


def make_enclosure(session: Session, recording: Recording, sound: bytes = b"ID3sound") -> Enclosure:
    """The row of an MP3; put `sound` into the store under its key where the test serves it."""
    sha256 = hashlib.sha256(sound + recording.id.bytes).hexdigest()
    enclosure = Enclosure(
        recording_id=recording.id,
        episode_id=recording.episode_id,
        key=f"enclosures/{recording.id}/{sha256[:12]}.mp3",
        size_bytes=len(sound),
        sha256=sha256,
        duration_ms=60_000,
        channels=1,
        bit_rate_bps=96_000,
        loudness_lufs=-19.0,
        true_peak_dbtp=-1.5,
        gain_db=3.0,
        waveform=[10, 60, 30],
        tagged_at=WHEN,
        created_at=WHEN,
    )
    session.add(enclosure)
    session.flush()
    recording.episode.enclosure_id = enclosure.id
    session.flush()
    return enclosure


def make_transcript(
    session: Session, recording: Recording, sentences: tuple[str, ...] = SENTENCES, **fields: Any
) -> TranscriptRow:
    """A machine transcript with these sentences, five seconds each."""
    transcript = TranscriptRow(
        episode_id=recording.episode_id,
        recording_id=recording.id,
        language="en",
        engine="Whisper base",
        duration_ms=60_000,
        created_at=WHEN,
        changed_at=WHEN,
        **fields,
    )
    for number, text in enumerate(sentences):
        start_ms = number * 5000
        words = text.split()
        each_ms = 4500 // len(words)
        transcript.segments.append(
            SegmentRow(
                number=number,
                start_ms=start_ms,
                end_ms=start_ms + 4500,
                text=text,
                machine_text=text,
                words=[
                    [start_ms + i * each_ms, start_ms + (i + 1) * each_ms, word, 0.9]
                    for i, word in enumerate(words)
                ],
            )
        )
    session.add(transcript)
    session.flush()
    recording.episode.transcript_id = transcript.id
    session.flush()
    return transcript


def make_published(session: Session, show: Show | None = None, **fields: Any) -> Episode:
    """An episode that the public sees: recording, enclosure, transcript, a host."""
    sentences = fields.pop("sentences", SENTENCES)
    sound = fields.pop("sound", b"ID3sound")
    published_at = fields.pop("published_at", WHEN)
    episode = make_episode(session, show, **fields)
    recording = make_recording(session, episode)
    make_enclosure(session, recording, sound)
    make_transcript(session, recording, sentences)
    host = Person(community_id=episode.show.community_id, public_name="Ada Host", created_at=WHEN)
    session.add(host)
    episode.credits.append(Credit(person=host, role=CreditRole.host))
    episode.state = EpisodeState.published
    episode.published_at = published_at
    session.flush()
    return episode


def give_chapters(session: Session, episode: Episode, now: datetime = WHEN, **titles: str) -> None:
    """Chapters as a person would type them: at_0_10="The end" begins at 0:10."""
    rows = [chapters.Row(at.removeprefix("at_").replace("_", ":"), title) for at, title in titles.items()]
    chapters.edit(session, episode, rows, chapters.version(episode), now)


def make_figures(session: Session, episode: Episode, today: date) -> None:
    """Four weeks of listeners: 3 downloads a day and more towards today, a play each third day, two reads."""
    for ago in range(28):
        day = today - timedelta(days=ago)
        counts = {Listening.download: 3 + 60 // (ago + 1)}
        if ago % 3 == 0:
            counts[Listening.play] = 1
        if ago == 5:
            counts[Listening.read] = 2
            counts[Listening.software] = 7
        for kind, count in counts.items():
            session.add(DayCount(day=day, episode_id=episode.id, kind=kind, count=count))
    session.flush()
