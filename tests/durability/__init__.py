"""The proof before trust: workers killed and frozen at seeded moments, on SQLite and PostgreSQL."""
