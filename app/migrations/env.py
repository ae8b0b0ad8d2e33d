"""How Alembic reaches our tables.

The tables of the durable engine and of the search index are not Alembic's to compare.
"""

from typing import Any

from alembic import context

import app.models  # noqa: F401  (fills the metadata)
from app.db import Base, make_engine


def include_object(item: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Tables that are in the database and not in our models belong to somebody else."""
    return not (kind in ("table", "index") and reflected and _compare_to is None and _foreign(item, name))


def _foreign(item: Any, name: str | None) -> bool:
    table = getattr(item, "table", item)
    return table.name not in Base.metadata.tables


def _run(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with make_engine(context.config.attributes["url"]).connect() as opened:
        _run(opened)
