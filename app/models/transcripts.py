"""What was said: a transcript as rows of sentences that a person can correct."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class TranscriptRow(Base):
    """A Transcript of one Recording. `revision` rises with every correction."""

    __tablename__ = "transcripts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("recordings.id", ondelete="CASCADE"), unique=True
    )
    language: Mapped[str] = mapped_column(sa.String(10))
    language_confidence: Mapped[float] = mapped_column(default=1.0)
    #: As said on the page: "Whisper base".
    engine: Mapped[str] = mapped_column(sa.String(80))
    duration_ms: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))

    segments: Mapped[list["SegmentRow"]] = relationship(
        back_populates="transcript", order_by="SegmentRow.number", cascade="all, delete-orphan"
    )


class SegmentRow(Base):
    """One sentence of a Transcript: as the machine heard it, and as a person corrected it."""

    __tablename__ = "segments"
    __table_args__ = (sa.UniqueConstraint("transcript_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("transcripts.id", ondelete="CASCADE"))
    number: Mapped[int]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    text: Mapped[str]
    machine_text: Mapped[str]
    speaker: Mapped[str | None] = mapped_column(sa.String(128))
    #: [[start_ms, end_ms, text, probability], ...]
    words: Mapped[list[Any]] = mapped_column(default=list)
    checked_at: Mapped[datetime | None]
    corrected_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    revision: Mapped[int] = mapped_column(default=1)

    transcript: Mapped[TranscriptRow] = relationship(back_populates="segments")
