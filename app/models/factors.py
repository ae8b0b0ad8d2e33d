"""What proves somebody besides a password: codes from an app, recovery codes, passkeys."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class AppCode(Base):
    """The key that an Account shares with an app on its holder's phone; at most one each.

    A row is there once a right code has shown that the app has the key.
    """

    __tablename__ = "app_codes"

    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    #: As Flask-Security's Totp writes it: JSON, encrypted under a key derived from the service's secret.
    secret: Mapped[str]
    #: The time step (of 30 s since 1970) of the last code that was taken: none is taken twice.
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code on paper that works once, in place of the app. Only its hash is kept; used means gone."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)


class Passkey(Base):
    """A key in somebody's phone, computer or key ring, whose public half is kept here (WebAuthn)."""

    __tablename__ = "passkeys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(60))
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes]
    #: How often the device says that it has signed; 0 for those that do not count.
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    transports: Mapped[list[Any]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class SpentChallenge(Base):
    """The hash of a passkey's challenge that was answered, kept until it is too old anyway."""

    __tablename__ = "spent_challenges"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
