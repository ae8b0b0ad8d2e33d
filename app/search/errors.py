"""What search cannot do.

SettingsError
└── SearchUnsupported    the database named in DATABASE_URL has no search
"""

from app.errors import SettingsError


class SearchUnsupported(SettingsError):
    """The database that is set cannot be searched; the message says what to do."""

    def __init__(self, database: str) -> None:
        super().__init__(
            "DATABASE_URL",
            f"names {database}, and search does not work there: use PostgreSQL, brought to the newest "
            "version by `flask migrate`, or leave DATABASE_URL out to use SQLite (with its FTS5 extension, "
            "which Python's own builds have).",
        )
        self.database = database
