"""The group that owns shows: its domain, community, practice, links, people."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base

if TYPE_CHECKING:
    from app.models.shows import Show


class Community(Base):
    """A community of practice. Its three elements are the field's own: domain, community, practice."""

    __tablename__ = "communities"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(400), default="")
    domain: Mapped[str] = mapped_column(default="")
    community: Mapped[str] = mapped_column(default="")
    practice: Mapped[str] = mapped_column(default="")
    learning_agenda: Mapped[str] = mapped_column(default="")
    #: [{"title": ..., "url": ...}] handy links and resources.
    links: Mapped[list[Any]] = mapped_column(default=list)
    contact_email: Mapped[str] = mapped_column(sa.String(254), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    shows: Mapped[list["Show"]] = relationship(back_populates="community")
    people: Mapped[list["Person"]] = relationship(back_populates="community")


class Person(Base):
    """Somebody who is heard or credited. Only `public_name` is ever shown."""

    __tablename__ = "people"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    community_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("communities.id", ondelete="CASCADE"), index=True
    )
    public_name: Mapped[str] = mapped_column(sa.String(128))
    about: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime]

    community: Mapped[Community] = relationship(back_populates="people")
