"""Who works: one row per worker process, kept alive by the database's clock."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class WorkerRow(Base):
    """A worker's heartbeat. Whoever sees one older than 30 s takes over its executor id, once."""

    __tablename__ = "workers"

    executor_id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    #: Fresh for every process, so that a successor with the same executor id is told apart.
    incarnation: Mapped[str] = mapped_column(sa.String(32))
    slots: Mapped[int]
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    taken_over_by: Mapped[str | None] = mapped_column(sa.String(200))
    #: What it has measured since it started (app/metrics.py).
    figures: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
