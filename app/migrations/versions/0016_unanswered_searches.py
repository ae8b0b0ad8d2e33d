"""What people searched for and did not find."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unanswered_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_unanswered_searches_community_id_communities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_searches")),
    )
    for column in ("community_id", "day"):
        op.create_index(
            op.f(f"ix_unanswered_searches_{column}"), "unanswered_searches", [column], unique=False
        )


def downgrade() -> None:
    """Take back."""
    for column in ("day", "community_id"):
        op.drop_index(op.f(f"ix_unanswered_searches_{column}"), table_name="unanswered_searches")
    op.drop_table("unanswered_searches")
