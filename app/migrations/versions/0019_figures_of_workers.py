"""What each worker has measured, in its own row. Workers of the version before leave it empty."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("workers", sa.Column("figures", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("workers", "figures")
