"""The unit that is published: one RSS item, one page."""

import enum
import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.communities import Person
from app.models.shows import Season, Show

if TYPE_CHECKING:
    from app.models.recordings import Enclosure, Recording
    from app.models.transcripts import TranscriptRow


class EpisodeKind(enum.StrEnum):
    """An Episode told by a storyteller needs consent before it can be published."""

    episode = "episode"
    story = "story"


class EpisodeState(enum.StrEnum):
    """draft and unpublished answer 404 to the public, withdrawn 410 (product, publishing)."""

    draft = "draft"
    published = "published"
    unpublished = "unpublished"
    withdrawn = "withdrawn"


class EpisodeType(enum.StrEnum):
    """Apple, itunes:episodeType."""

    full = "full"
    trailer = "trailer"
    bonus = "bonus"


class PublishWish(enum.StrEnum):
    """What the producer asked for while the recording is still on its way."""

    none = "none"
    when_ready = "when_ready"
    now = "now"


class CreditRole(enum.StrEnum):
    """Roles of the Podcast Taxonomy that we offer (podcast:person, role)."""

    host = "host"
    cohost = "co-host"
    guest = "guest"
    storyteller = "storyteller"
    narrator = "narrator"
    producer = "producer"
    editor = "editor"


class Episode(Base):
    """An Episode or Story. Its GUID never changes, whatever happens to title, address or recording."""

    __tablename__ = "episodes"
    __table_args__ = (
        sa.UniqueConstraint("show_id", "slug"),
        # a feed is asked all day when it changed last, and then this is its newest answer
        sa.Index("ix_episodes_show_id_public_from", "show_id", "public_from"),
        sa.CheckConstraint("number IS NULL OR number > 0", name="number_positive"),
        sa.CheckConstraint(
            "state != 'published' OR (published_at IS NOT NULL AND enclosure_id IS NOT NULL)",
            name="published_has_sound",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    show_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("shows.id"))
    season_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("seasons.id", ondelete="SET NULL"))
    guid: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[EpisodeKind] = mapped_column(
        sa.Enum(EpisodeKind, native_enum=False, length=20), default=EpisodeKind.episode
    )
    state: Mapped[EpisodeState] = mapped_column(
        sa.Enum(EpisodeState, native_enum=False, length=20), default=EpisodeState.draft, index=True
    )
    wish: Mapped[PublishWish] = mapped_column(
        sa.Enum(PublishWish, native_enum=False, length=20), default=PublishWish.none
    )
    title: Mapped[str] = mapped_column(sa.String(255))
    summary: Mapped[str] = mapped_column(sa.String(1000), default="")
    notes: Mapped[str] = mapped_column(default="")  # Markdown
    content_note: Mapped[str] = mapped_column(sa.String(1000), default="")
    number: Mapped[int | None]
    episode_type: Mapped[EpisodeType] = mapped_column(
        sa.Enum(EpisodeType, native_enum=False, length=20), default=EpisodeType.full
    )
    explicit: Mapped[bool] = mapped_column(default=False)
    #: The recording, enclosure and transcript that count now; older ones stay as rows.
    recording_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("recordings.id", use_alter=True, ondelete="SET NULL")
    )
    enclosure_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("enclosures.id", use_alter=True))
    transcript_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("transcripts.id", use_alter=True, ondelete="SET NULL")
    )
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    #: Not before this moment; None for at once. A published episode that is not due is seen by nobody.
    public_from: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    show: Mapped[Show] = relationship()
    season: Mapped[Season | None] = relationship()
    credits: Mapped[list["Credit"]] = relationship(
        back_populates="episode", order_by="Credit.position", cascade="all, delete-orphan"
    )
    chapters: Mapped[list["Chapter"]] = relationship(
        order_by="Chapter.start_ms", cascade="all, delete-orphan"
    )
    consents: Mapped[list["Consent"]] = relationship(
        back_populates="episode", order_by="Consent.created_at", cascade="all, delete-orphan"
    )
    recording: Mapped["Recording | None"] = relationship(foreign_keys=[recording_id])
    enclosure: Mapped["Enclosure | None"] = relationship(foreign_keys=[enclosure_id])
    transcript: Mapped["TranscriptRow | None"] = relationship(foreign_keys=[transcript_id])


class DraftLink(Base):
    """An address that shows an unpublished Episode to whoever has it. Gone when it is taken back."""

    __tablename__ = "draft_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    #: Of the token in the address; the token itself is shown once and kept nowhere.
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]

    episode: Mapped[Episode] = relationship()


class Credit(Base):
    """Who did what in an Episode."""

    __tablename__ = "credits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    role: Mapped[CreditRole] = mapped_column(sa.Enum(CreditRole, native_enum=False, length=20))
    position: Mapped[int] = mapped_column(default=0)

    episode: Mapped[Episode] = relationship(back_populates="credits")
    person: Mapped[Person] = relationship()


class Chapter(Base):
    """A titled start time."""

    __tablename__ = "chapters"
    __table_args__ = (
        sa.UniqueConstraint("episode_id", "start_ms"),
        sa.CheckConstraint("start_ms >= 0", name="start_not_negative"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("episodes.id", ondelete="CASCADE"))
    start_ms: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(255))


class Consent(Base):
    """A dated agreement of one Person (named as they are known to us) that a story is published."""

    __tablename__ = "consents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(sa.String(400))
    how_given: Mapped[str] = mapped_column(sa.String(400))
    given_on: Mapped[date]
    taken_by: Mapped[str] = mapped_column(sa.String(200))
    created_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    episode: Mapped[Episode] = relationship(back_populates="consents")
    person: Mapped[Person] = relationship()
