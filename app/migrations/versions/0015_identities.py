"""Who at the organisation's provider of OpenID Connect is which account."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.db import UtcTime

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", UtcTime(timezone=True), nullable=False),
        sa.Column("last_used_at", UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_identities_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_identities_account_id")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("identities")
