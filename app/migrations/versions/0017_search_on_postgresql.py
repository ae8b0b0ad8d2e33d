"""The search index on PostgreSQL. Episodes that are there are indexed by `flask migrate`, after it."""

from collections.abc import Sequence

from alembic import op

from app.search import postgres_schema

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in postgres_schema.CREATE_STATEMENTS:
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in postgres_schema.DROP_STATEMENTS:
            op.execute(statement)
