"""The words of the search index, for "did you mean"."""

from collections.abc import Sequence

from alembic import op

from app.search import sqlite_schema

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(sqlite_schema.CREATE_VOCABULARY)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(sqlite_schema.DROP_VOCABULARY)
