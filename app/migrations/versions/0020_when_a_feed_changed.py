"""An index that knows a show's latest time of becoming public, in place of the one of shows alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_episodes_show_id_public_from", "episodes", ["show_id", "public_from"])
    op.drop_index("ix_episodes_show_id", table_name="episodes")


def downgrade() -> None:
    """Take back."""
    op.create_index("ix_episodes_show_id", "episodes", ["show_id"])
    op.drop_index("ix_episodes_show_id_public_from", table_name="episodes")
