"""Bring a database to the newest version: our tables by Alembic, and the engine's own tables."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.db import make_engine

#: PostgreSQL's advisory lock of whoever migrates; any number that nothing else uses.
LOCK = 4_843_275_468
FOLDER = Path(__file__).parent / "migrations"


def alembic_config(url: str) -> Config:
    """Alembic's configuration without a file: the folder of migrations and the address."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Apply every migration that this database lacks, all or none. Safe to run twice and by two at a time.

    Whoever comes second waits: on SQLite for the write lock with which every transaction begins.
    """
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            else:
                connection.begin()
            config = alembic_config(url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
