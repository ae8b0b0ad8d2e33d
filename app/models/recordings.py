"""A recording on its way in, the recording as received, and what is made from it."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.episodes import Episode


class Step(enum.Enum):
    """The steps of the pipeline in their order (pipeline/recording.py).

    No StrEnum: "join" and "index" are methods of a string.
    """

    receive = "receive"
    inspect = "inspect"
    master = "master"
    windows = "windows"
    transcribe = "transcribe"
    join = "join"
    index = "index"

    def __str__(self) -> str:
        """The plain name, as logs and pages show it."""
        return self.value


class RecordingState(enum.StrEnum):
    """working until ready; refused is the file's fault, failed is ours or a poison file's."""

    working = "working"
    ready = "ready"
    refused = "refused"
    failed = "failed"


class Upload(Base):
    """A recording on its way in. Gone when the Recording is there, or a week after it was last touched."""

    __tablename__ = "uploads"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    show_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("shows.id", ondelete="CASCADE"))
    #: Set where the upload replaces the recording of an episode that exists.
    episode_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("episodes.id", ondelete="CASCADE"))
    recording_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(sa.String(20), default="episode")
    title: Mapped[str] = mapped_column(sa.String(255), default="")
    wish: Mapped[str] = mapped_column(sa.String(20), default="none")
    file_name: Mapped[str] = mapped_column(sa.String(200))
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    #: sha256 of the first part: with name and size it recognises the same file after a reload.
    first_part_sha256: Mapped[str] = mapped_column(sa.String(64))
    store_upload: Mapped[str] = mapped_column(sa.String(400))
    agreement_version: Mapped[str] = mapped_column(sa.String(20))
    agreed_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]


class Recording(Base):
    """The file as the producer uploaded it: kept, never served to the public, never changed."""

    __tablename__ = "recordings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    file_name: Mapped[str] = mapped_column(sa.String(200))
    key: Mapped[str] = mapped_column(sa.String(200))
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    container: Mapped[str | None] = mapped_column(sa.String(40))
    codec: Mapped[str | None] = mapped_column(sa.String(40))
    duration_ms: Mapped[int | None]
    #: What app.audio.inspect found, as plain values; the master step reads it.
    inspection: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    #: Heard in three places of the recording, or set on the show.
    language: Mapped[str | None] = mapped_column(sa.String(10))
    language_confidence: Mapped[float | None]
    state: Mapped[RecordingState] = mapped_column(
        sa.Enum(RecordingState, native_enum=False, length=20), default=RecordingState.working, index=True
    )
    step: Mapped[Step] = mapped_column(sa.Enum(Step, native_enum=False, length=20), default=Step.receive)
    #: 0 to 1 within the step.
    progress: Mapped[float] = mapped_column(default=0.0)
    #: When it was begun, or begun again after its worker was away; None while it waits for its turn.
    step_started_at: Mapped[datetime | None]
    #: `progress` at that moment: what was done before says nothing of today's pace.
    progress_at_start: Mapped[float] = mapped_column(default=0.0, server_default="0")
    #: Since when a further attempt waits; None for the first, which waits since it arrived.
    queued_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    #: Rises with "try again"; part of the workflow's id.
    attempt: Mapped[int] = mapped_column(default=1)
    agreement_version: Mapped[str] = mapped_column(sa.String(20))
    agreed_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    agreed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    episode: Mapped[Episode] = relationship(foreign_keys=[episode_id])


class ChildDeath(Base):
    """How often a child process died by a signal or limit over one step of one recording (limit 2)."""

    __tablename__ = "child_deaths"

    recording_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_words: Mapped[str] = mapped_column(default="")


class Enclosure(Base):
    """The file that listeners download, made by us from the Recording."""

    __tablename__ = "enclosures"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    recording_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("recordings.id", ondelete="CASCADE"), unique=True
    )
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(sa.String(200))
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    duration_ms: Mapped[int]
    channels: Mapped[int]
    bit_rate_bps: Mapped[int]
    loudness_lufs: Mapped[float]
    true_peak_dbtp: Mapped[float]
    gain_db: Mapped[float]
    note: Mapped[str] = mapped_column(default="")
    #: Hash of the title, show, artwork and chapters written into the file's tags.
    tags_digest: Mapped[str] = mapped_column(sa.String(64), default="")
    #: When the tags were last compared with what the page says.
    tagged_at: Mapped[datetime]
    #: Peaks for the drawn waveform, 0 to 100.
    waveform: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]


class FormerEnclosure(Base):
    """An address that listeners may still ask for: the present enclosure answers in its place."""

    __tablename__ = "former_enclosures"

    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    #: "" once the object is gone; the address still leads to the present one.
    key: Mapped[str] = mapped_column(sa.String(200))
    replaced_at: Mapped[datetime]


class Window(Base):
    """A stretch of a Recording transcribed by one piece of work, and its result."""

    __tablename__ = "windows"
    __table_args__ = (sa.UniqueConstraint("recording_id", "attempt", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("recordings.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    number: Mapped[int]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    #: Segments as JSON, times relative to the window; None until done.
    result: Mapped[list[Any] | None] = mapped_column(sa.JSON)
    #: How often the window was decoded; more than once only where a worker died in it.
    runs: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
