"""What lets a program act for an Account through the API."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.accounts import Account


class Scope(enum.StrEnum):
    """What a token may be used for; never more than its Account may do."""

    read = "read"
    upload = "upload"
    edit = "edit"
    publish = "publish"


class ApiToken(Base):
    """A token that a program sends in place of somebody's sign-in. Gone when it is taken back."""

    __tablename__ = "api_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(60))
    #: Scopes with a space between them (RFC 6749, 3.3).
    scopes: Mapped[str] = mapped_column(sa.String(100))
    #: Of the token; the token itself is shown once and kept nowhere.
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: Made by somebody whom the organisation's provider had signed in: it asks for second factors itself.
    by_provider: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: When it last changed something, to within an hour; reading writes nothing.
    last_used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
