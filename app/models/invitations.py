"""Who has been asked into a Community, and has not answered yet."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.accounts import Account, MemberRole
from app.models.communities import Community


class Invitation(Base):
    """A role in a Community, offered to an e-mail address by a link that works once.

    Gone when it is taken back; kept, with its answer, when it is accepted.
    """

    __tablename__ = "invitations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    community_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("communities.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(sa.String(254))
    role: Mapped[MemberRole] = mapped_column(sa.Enum(MemberRole, native_enum=False, length=20))
    invited_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="SET NULL"))

    community: Mapped[Community] = relationship()
    inviter: Mapped[Account | None] = relationship(foreign_keys=[invited_by])
