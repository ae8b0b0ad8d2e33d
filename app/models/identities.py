"""Who at the organisation's provider is which Account."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.accounts import Account


class Identity(Base):
    """A person as a provider of OpenID Connect knows them, connected with an Account.

    Issuer and subject name the person for good; their address at the provider is not kept. One of each
    issuer an account: an address that the provider gives to somebody else does not bring the account along.
    """

    __tablename__ = "identities"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("account_id", "issuer"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
