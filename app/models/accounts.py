"""Who signs in, and their role in each community."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from flask_security import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class MemberRole(enum.StrEnum):
    """What a Membership allows in its Community, weakest first (product, roles)."""

    member = "member"
    storyteller = "storyteller"
    producer = "producer"
    facilitator = "facilitator"


class Role(Base, RoleMixin):
    """Required by Flask-Security and always empty: our roles live in Membership."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)


class Account(Base, UserMixin):
    """A person who signs in. The owner has every role in every community."""

    __tablename__ = "accounts"

    # Flask-Security's mixin declares an integer and a plain list; it works with these as well
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)  # type: ignore[assignment]
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    is_owner: Mapped[bool] = mapped_column(default=False)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True, default=lambda: uuid.uuid4().hex)
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="account")
    roles: Mapped[list[Role]] = relationship(secondary="accounts_roles")  # type: ignore[assignment]


sa.Table(
    "accounts_roles",
    Base.metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Membership(Base):
    """An Account's role in a Community."""

    __tablename__ = "memberships"
    __table_args__ = (sa.UniqueConstraint("account_id", "community_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    community_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("communities.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[MemberRole] = mapped_column(sa.Enum(MemberRole, native_enum=False, length=20))
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship(back_populates="memberships")


class SignInAttempt(Base):
    """A failed sign-in, kept fifteen minutes: by account and by address, both hashed with our key."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Notice(Base):
    """Something an Account should know: the transcript is ready, a step failed and what to do."""

    __tablename__ = "notices"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    episode_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("episodes.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
