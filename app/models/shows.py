"""One programme, podcast or story series; one RSS channel."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.communities import Community


class ShowOrder(enum.StrEnum):
    """How listeners should meet the episodes (Apple, itunes:type)."""

    episodic = "episodic"
    serial = "serial"


class Show(Base):
    """A Show. `revision` rises with every change that its feed or pages could show."""

    __tablename__ = "shows"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    community_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("communities.id"), index=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(255))
    description: Mapped[str]
    language: Mapped[str] = mapped_column(sa.String(20), default="en-gb")
    category: Mapped[str] = mapped_column(sa.String(80), default="Health & Fitness")
    subcategory: Mapped[str] = mapped_column(sa.String(80), default="Medicine")
    explicit: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(sa.String(255), default="")
    owner_email: Mapped[str] = mapped_column(sa.String(254), default="")
    copyright: Mapped[str] = mapped_column(sa.String(255), default="")
    order: Mapped[ShowOrder] = mapped_column(
        sa.Enum(ShowOrder, native_enum=False, length=20), default=ShowOrder.episodic
    )
    locked: Mapped[bool] = mapped_column(default=True)
    #: Text that a directory gives to prove ownership (podcast:txt purpose="applepodcastsverify").
    verify_text: Mapped[str] = mapped_column(sa.String(4000), default="")
    #: podcast:guid; set once, never changed (house, decision 16).
    guid: Mapped[uuid.UUID | None]
    artwork_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    artwork_alt: Mapped[str] = mapped_column(sa.String(400), default="")
    requires_checked: Mapped[bool] = mapped_column(default=False)
    #: Beam search of width five: slower, a little better.
    accurate: Mapped[bool] = mapped_column(default=False)
    #: Language of the recordings, "" for "find out".
    spoken_language: Mapped[str] = mapped_column(sa.String(10), default="")
    producers_publish: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    community: Mapped[Community] = relationship(back_populates="shows")
    seasons: Mapped[list["Season"]] = relationship(back_populates="show", order_by="Season.number")


class Season(Base):
    """A numbered part of a Show."""

    __tablename__ = "seasons"
    __table_args__ = (
        sa.UniqueConstraint("show_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    show_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("shows.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(128), default="")

    show: Mapped[Show] = relationship(back_populates="seasons")
