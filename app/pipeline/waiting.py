"""Outages are waited out: what counts as one, how long it is waited, and what the producer reads meanwhile.

Nobody is blamed for an outage, and nothing is burnt: the work is simply tried again. This file must not
know which work it is.
"""

import errno
import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from app.storage.errors import StoreFull, StoreUnavailable
from transcription.errors import EngineAway, WeightsError

#: An outage is waited out: 1, 2, 4 ... seconds, at most five minutes between two tries.
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
#: A short outage is nobody's business.
SAY_AFTER_S = 120.0

OUTAGES = (
    StoreUnavailable,
    StoreFull,
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    WeightsError,
    EngineAway,
)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

_KEPT = "Your recording is kept, and it goes on by itself."

log = logging.getLogger("hearth.pipeline")

T = TypeVar("T")


def patiently(
    what: str,
    work: Callable[[], T],
    say: Callable[[str], None] = lambda words: None,
    say_after_s: float = SAY_AFTER_S,
) -> T:
    """What `work` gives, however long the store, the database or the speech model is away.

    `say` gets words for the producer after a while, and nothing ("") once it goes on.
    """
    wait_s, since_s, said = FIRST_WAIT_S, time.monotonic(), ""
    while True:
        try:
            done = work()
        except Exception as error:  # the step's border: an outage is no end
            if not is_outage(error):
                raise
            log.warning("%s waits %.0f s: %s", what, wait_s, in_short(error))
            words = _words(error)
            if time.monotonic() - since_s >= say_after_s and words != said:
                say(words)
                said = words
        else:
            if said:
                say("")
            return done
        # so that workers do not come back in step
        time.sleep(wait_s * random.uniform(0.8, 1.2))  # noqa: S311  # nosec B311
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def is_outage(error: Exception) -> bool:
    """Whether this passes by itself, or once the operator has made room."""
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True  # ended by the server, with whatever error
    return isinstance(error, OUTAGES) or is_no_room(error)


def is_no_room(error: Exception) -> bool:
    """Whether a disk of this machine is full."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def in_short(error: Exception) -> str:
    """What happened, without the statement and its values: those may be what somebody said."""
    return f"{type(error).__name__}: {error.orig if isinstance(error, sa.exc.DBAPIError) else error}"


def _words(error: Exception) -> str:
    """For the producer; nothing where it could not be written down anyway."""
    if isinstance(error, WeightsError):
        return f"The speech model is not there yet. {_KEPT}"
    if isinstance(error, EngineAway):
        return f"The server that writes down speech does not answer at present. {_KEPT}"
    if isinstance(error, StoreFull) or is_no_room(error):
        return f"There is no room to work on it at present. {_KEPT}"
    if isinstance(error, StoreUnavailable):
        return f"The store of recordings does not answer at present. {_KEPT}"
    return ""
