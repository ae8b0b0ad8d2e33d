"""Who did what, when: rows that are only ever added."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class AuditEntry(Base):
    """One change by one person. The database refuses to change or remove a row (migration 0008).

    No foreign keys: an entry outlives what it is about, and says its name as it was.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID | None]
    #: The account's name; "Hearth" for what the service did by itself.
    who: Mapped[str] = mapped_column(sa.String(200))
    what: Mapped[str] = mapped_column(sa.String(200))
    #: The name of what it was about: a title, a person's name, an address.
    subject: Mapped[str] = mapped_column(sa.String(255))
    #: Where it can be looked at, within this service; "" where there is no page.
    path: Mapped[str] = mapped_column(sa.String(200))
    community_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
