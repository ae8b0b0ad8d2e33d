"""Looking at a SQLite file without changing it, and without making one."""

import sqlite3
from contextlib import closing
from pathlib import Path

from app.backup.errors import BackupError
from app.db import sqlite_path


def check_database(url: str) -> None:
    """Raises BackupError unless a service's database lies there."""
    path = sqlite_path(url)
    if not path.is_file():
        raise BackupError(f"There is no database at {path}. Check HEARTH_DATA and DATABASE_URL.")
    if not _is_ours(path):
        raise BackupError(f"{path} holds no service. Check HEARTH_DATA and DATABASE_URL.")


def check_readable(url: str) -> None:
    """Raises BackupError where what lies there is no database."""
    _is_ours(sqlite_path(url))


def _is_ours(path: Path) -> bool:
    asked = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            return database.execute(asked).fetchone() is not None
    except sqlite3.Error as error:
        raise BackupError(f"{path} cannot be read as a database: {error}.") from error
