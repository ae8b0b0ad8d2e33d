"""How far it is, in words now and then, for whoever waits."""

from collections.abc import Callable

Say = Callable[[str], None]

_EVERY_FILES = 100
_EVERY_BYTES = 1_000_000_000


class Progress:
    """Counts files and bytes, and says so every hundred files or every gigabyte."""

    def __init__(self, say: Say, whole: int) -> None:
        self._say, self._whole = say, whole
        self._files = self._bytes = self._said_files = self._said_bytes = 0

    def add(self, size_bytes: int) -> None:
        """One file more is done."""
        self._files += 1
        self._bytes += size_bytes
        new_files, new_bytes = self._files - self._said_files, self._bytes - self._said_bytes
        if new_files >= _EVERY_FILES or new_bytes >= _EVERY_BYTES:
            self._said_files, self._said_bytes = self._files, self._bytes
            self._say(f"{self._files:,} of {self._whole:,} files, {self._bytes / 1e9:.1f} GB")
