"""The search index. On PostgreSQL it follows with the issue that brings search there."""

from collections.abc import Sequence

from alembic import op

from app.search import sqlite_schema

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in sqlite_schema.CREATE_STATEMENTS:
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in sqlite_schema.DROP_STATEMENTS:
            op.execute(statement)
