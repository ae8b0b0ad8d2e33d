"""Episodes that become public at a chosen time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import app.db

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("episodes", sa.Column("public_from", app.db.UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("episodes", "public_from")
