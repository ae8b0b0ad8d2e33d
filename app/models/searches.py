"""What people searched for and did not find. No column says who."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class UnansweredSearch(Base):
    """Words that found nothing, and how often on one UTC day; forgotten after ninety days."""

    __tablename__ = "unanswered_searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    #: None where everything was searched.
    community_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("communities.id", ondelete="CASCADE"), index=True
    )
    words: Mapped[str] = mapped_column(sa.String(200))
    count: Mapped[int] = mapped_column(default=0)
