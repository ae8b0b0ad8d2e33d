"""What a process looks at before it begins: database, search, store.

What is away now may come back, and is said. What refuses us does so until somebody changes a setting: that
is a SettingsError.
"""

import logging
import threading
import time

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from app.backends import Backends
from app.errors import HearthError, SettingsError
from app.services import transcripts
from app.storage import ObjectStore
from app.storage.errors import StoreRefuses

#: How often a worker looks whether the database is back.
_LOOK_EVERY_S = 2.0
#: For how long the store is waited for: pages need none.
_LOOK_AT_STORE_S = 5.0

log = logging.getLogger("hearth")


def look(backends: Backends) -> None:
    """Say in the log what does not answer now. Raises SettingsError for what refuses us."""
    if why := why_away(backends):
        log.warning("the database does not answer; until it does, pages say so (503): %s", why)
    else:
        try:
            say_what_is_missing(backends)
        except OperationalError as error:
            raise refusal(error) from error
    store_answers(backends.store)


def refusal(error: DBAPIError) -> SettingsError:
    """A database's refusal in a line, without the statement and its values: somebody may have said them."""
    why = str(error.orig).partition("\n")[0]
    return SettingsError("DATABASE_URL", f"names a database that does not serve us: {why}")


def wait_for_database(backends: Backends) -> None:
    """Return when the database answers, as it will after a restart of everything at once."""
    why = why_away(backends)
    if not why:
        return
    log.warning("the database does not answer; this worker waits for it: %s", why)
    while why_away(backends):
        time.sleep(_LOOK_EVERY_S)
    log.info("the database answers")


def why_away(backends: Backends) -> str:
    """Why no server of PostgreSQL answers, or only one that starts or stops; nothing where one does.

    One that refuses us (a wrong password, an unknown database) is not away, and a file never is.
    """
    try:
        with backends.database.reading() as session:
            session.execute(sa.text("SELECT 1"))
    except OperationalError as error:
        words = str(error.orig)
        refuses = "FATAL" in words and "the database system is" not in words
        if not backends.settings.is_sqlite and not refuses:
            return words.partition("\n")[0] or "no answer"
    return ""


def say_what_is_missing(backends: Backends) -> None:
    """One line at the start, for whoever reads the log: everything but search works without search."""
    with backends.database.reading() as session:
        searches = transcripts.is_searchable(session)
    if not searches:
        log.warning(
            "search does not work on this database; everything else does. It works on PostgreSQL, and on "
            "SQLite with its FTS5 extension, each brought to the newest version by flask migrate."
        )


def store_answers(store: ObjectStore) -> bool:
    """Whether the store works now. Raises SettingsError where it refuses us by what is set."""
    found: list[HearthError | None] = []

    def ask() -> None:
        try:
            store.check()
        except HearthError as error:
            found.append(error)
        else:
            found.append(None)

    asking = threading.Thread(target=ask, daemon=True)  # its own tries may take half a minute
    asking.start()
    asking.join(_LOOK_AT_STORE_S)
    error = found[0] if found else None
    if isinstance(error, StoreRefuses):
        raise SettingsError(
            "HEARTH_STORE_URL", f"names a store that does not serve us: {error.reason}"
        ) from error
    if error or not found:
        log.warning("the store does not answer: %s", error or f"not within {_LOOK_AT_STORE_S:g} s")
    return bool(found) and error is None
