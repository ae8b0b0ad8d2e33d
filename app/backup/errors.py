"""What a backup can refuse."""

from app.errors import HearthError


class BackupError(HearthError):
    """A backup cannot be written or read; the message says why and what to do."""
