"""How far a step was when it was begun again, and since when a recording waits for its first one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import app.db

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "recordings", sa.Column("progress_at_start", sa.Double(), server_default="0", nullable=False)
    )
    op.add_column("recordings", sa.Column("queued_at", app.db.UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("recordings", "queued_at")
    op.drop_column("recordings", "progress_at_start")
