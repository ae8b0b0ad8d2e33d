"""What is counted of listeners. No table says who they are."""

import enum
import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Listening(enum.StrEnum):
    """What somebody did with an Episode, and what software did that is no listener."""

    download = "download"
    play = "play"
    read = "read"
    software = "software"


_KIND = sa.Enum(Listening, native_enum=False, length=20)


class DayCount(Base):
    """How many listeners an Episode had on one UTC day; kept as long as the Episode."""

    __tablename__ = "day_counts"

    day: Mapped[date] = mapped_column(primary_key=True)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[Listening] = mapped_column(
        sa.Enum(Listening, native_enum=False, length=20), primary_key=True
    )
    count: Mapped[int] = mapped_column(default=0)


class DayListener(Base):
    """A listener of a day that is not closed yet, as a number that means nothing once it is."""

    __tablename__ = "day_listeners"

    day: Mapped[date] = mapped_column(primary_key=True)
    episode_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[Listening] = mapped_column(
        sa.Enum(Listening, native_enum=False, length=20), primary_key=True
    )
    #: app.counting.lines.listener
    number: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    asked_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    is_counted: Mapped[bool] = mapped_column(default=False)


class SpoolFile(Base):
    """How far a spool file has been counted; with the counts, so that none is counted twice."""

    __tablename__ = "spool_files"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    read_bytes: Mapped[int] = mapped_column(sa.BigInteger)
