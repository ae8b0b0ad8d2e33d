"""`flask check`: does everything hold that must? `flask sweep`: let go of what nobody needs, now.

Both are done by schedule as well (app/pipeline/housekeeping.py).
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator

from app.backends import Backends
from app.models import Recording
from app.pipeline import engine
from app.services import invariants, recordings

log = logging.getLogger("hearth.check")

KINDS = ("recordings", "enclosures", "artwork")


def broken(backends: Backends, *, deep: bool = False) -> list[str]:
    """All that is broken, in words; with `deep` every stored byte is read and hashed.

    Store and tables are not read at one moment, and somebody may be at work: what does not look broken
    a second time is not.
    """
    found = _look(backends, deep=deep)
    return [words for words in _look(backends, deep=deep) if words in found] if found else []


def _look(backends: Backends, *, deep: bool) -> list[str]:
    found: list[str] = []
    with backends.database.reading() as session:
        sizes = {info.key: info.size_bytes for kind in KINDS for info in backends.store.list(kind)}
        questions: list[Iterable[str]] = [
            invariants.unfit_episodes(session),
            invariants.missing_objects(session, sizes),
            invariants.strangers(session),
            invariants.impossible_times(session),
            invariants.broken_feeds(session, backends.settings.public_url, sizes),
            invariants.unfindable_words(session),
            _lost_work(engine.lost(session, recordings.working(session))),
        ]
        if deep:
            questions.append(invariants.changed_objects(session, backends.store))
        for question in questions:
            found.extend(question)
    return found


def _lost_work(lost: Iterable[Recording]) -> Iterator[str]:
    for row in lost:
        yield f"recording {row.id} is on its way and nothing will work on it"


def report(backends: Backends, say: Callable[[str], None], *, deep: bool) -> int:
    """Say what is broken and one line of JSON; the exit code."""
    found = broken(backends, deep=deep)
    for words in found:
        say(words)
    say(json.dumps({"broken": len(found)}))
    return 1 if found else 0


def log_broken(backends: Backends) -> int:
    """The same for the log of a worker; how much is broken."""
    found = broken(backends)
    for words in found:
        log.error("broken: %s", words)
    return len(found)
