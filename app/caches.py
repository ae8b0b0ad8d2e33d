"""Has nginx fetch a feed anew as soon as it has changed (HEARTH_CACHE_REFRESH_URL).

nginx keeps a feed for ten seconds by itself. What goes wrong here therefore costs these seconds and nothing
else: it is logged, and whoever saved something is not told. Must not know what a show is.
"""

import http.client
import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.db import CHANGED_PATHS

log = logging.getLogger("app.caches")

#: nginx goes on fetching by itself when nobody waits any more.
_TIMEOUT_S = 1.0
#: What is there now, or that nothing is there any more.
_DONE = (200, 404, 410)


class Caches:
    """Every nginx that keeps feeds, by the address below which it takes the paths to fetch anew."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._addresses = tuple(addresses)

    def after_commit(self, session: Session) -> None:
        """Tell of what this session has changed; for SQLAlchemy's event of that name. Raises nothing."""
        if session.in_nested_transaction():
            return  # a savepoint: the change itself is not there yet
        paths = sorted(session.info.pop(CHANGED_PATHS, ()))
        for address in self._addresses:
            self._tell(address, paths)

    def _tell(self, address: str, paths: list[str]) -> None:
        """One that does not answer is left alone after its first silence: saving must not wait for it."""
        try:
            for path in paths:
                status = _fetched(address, path)
                if status not in _DONE:
                    log.warning("a cache did not get a feed anew: %s answered %d", address, status)
        except (OSError, http.client.HTTPException) as error:
            log.warning("a cache was not told that a feed has changed: %s: %s", address, error)


def _fetched(address: str, path: str) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        answer = connection.getresponse()
        answer.read()  # to its end: only then is it kept
        return answer.status
    finally:
        connection.close()
