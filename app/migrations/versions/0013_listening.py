"""How many listeners an episode had on a day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_KINDS = ("download", "play", "read", "software")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "day_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*_KINDS, name="listening", native_enum=False, length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            name=op.f("fk_day_counts_episode_id_episodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "episode_id", "kind", name=op.f("pk_day_counts")),
    )
    op.create_index(op.f("ix_day_counts_episode_id"), "day_counts", ["episode_id"], unique=False)
    op.create_table(
        "day_listeners",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*_KINDS, name="listening", native_enum=False, length=20), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("asked_bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            name=op.f("fk_day_listeners_episode_id_episodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "episode_id", "kind", "number", name=op.f("pk_day_listeners")),
    )
    op.create_index(op.f("ix_day_listeners_episode_id"), "day_listeners", ["episode_id"], unique=False)
    op.create_table(
        "spool_files",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_spool_files")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("spool_files")
    op.drop_index(op.f("ix_day_listeners_episode_id"), table_name="day_listeners")
    op.drop_table("day_listeners")
    op.drop_index(op.f("ix_day_counts_episode_id"), table_name="day_counts")
    op.drop_table("day_counts")
