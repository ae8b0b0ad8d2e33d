"""Turns a request into a line. Whatever goes wrong costs a count, never an answer."""

import logging
import threading
import uuid
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.counting import searches
from app.counting.agents import is_software
from app.counting.keys import DayKeys, destroy_former
from app.counting.lines import Line, listener
from app.counting.searches import Search
from app.counting.spool import FOLDER, Spool
from app.models import Listening

log = logging.getLogger("app.counting")

#: How often one listener's pages may tell of something in an hour; a person does not get that far.
MOST_TOLD = 60
#: How many listeners are told apart in that; beyond, nobody's page is believed until the hour is over.
_MOST_KNOWN = 50_000
_SAY_AGAIN = timedelta(hours=1)
#: Stands for the service as a whole where no single episode is meant.
_ANY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Visitor:
    """Who asks, as long as the request lasts; kept nowhere."""

    address: str
    agent: str


class Counter:
    """The counting of one process."""

    def __init__(self, data: Path, clock: Callable[[], datetime]) -> None:
        self._folder = data / FOLDER
        self._clock = clock
        self._keys = DayKeys(self._folder)
        self._spool = Spool(self._folder)
        self._searches = Spool(data / searches.FOLDER)
        self._told = _Told()
        self._said_at: datetime | None = None

    def begin(self) -> None:
        """Destroy the keys of days that ended while nothing ran."""
        try:
            destroy_former(self._folder, self._today())
        except OSError as error:
            self._complain(error)

    def count(
        self,
        kind: Listening,
        episode_id: uuid.UUID,
        visitor: Visitor,
        asked_bytes: int = 1,
        enough_bytes: int = 1,
    ) -> None:
        """Write the line. Never raises for a disk that is full or broken."""
        now = self._clock().astimezone(UTC)
        try:
            key = self._keys.of(now.date())
            who = listener(key, episode_id, visitor.address, visitor.agent)
            self._spool.write(
                Line(now, episode_id, kind, who, asked_bytes, enough_bytes, is_software(visitor.agent))
            )
        except OSError as error:
            self._complain(error)

    def note_search(self, words: str, community_id: uuid.UUID | None, visitor: Visitor) -> None:
        """Write down words that found nothing, unless software asked. Of who asked, nothing is written."""
        if is_software(visitor.agent) or not self.is_believed(visitor):
            return
        try:
            searches.write(self._searches, Search(self._today(), community_id, words))
        except OSError as error:
            self._complain(error)

    def is_believed(self, visitor: Visitor) -> bool:
        """Whether what this visitor's page tells is counted: up to MOST_TOLD times an hour."""
        now = self._clock().astimezone(UTC)
        try:
            who = listener(self._keys.of(now.date()), _ANY, visitor.address, visitor.agent)
        except OSError as error:
            self._complain(error)
            return False
        return self._told.once_more(who, now)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _complain(self, error: OSError) -> None:
        """Once an hour: a full disk must not fill the log as well."""
        now = self._clock()
        if self._said_at is None or now - self._said_at >= _SAY_AGAIN:
            self._said_at = now
            log.warning("listeners are not counted: %s", error.strerror or type(error).__name__)


class _Told:
    """How often each listener has told of something in this hour; forgotten with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hour = ""
        self._times: Tally[str] = Tally()

    def once_more(self, who: str, now: datetime) -> bool:
        hour = f"{now:%Y%m%d%H}"
        with self._lock:
            if hour != self._hour:
                self._hour, self._times = hour, Tally()
            if self._times[who] >= MOST_TOLD or (who not in self._times and len(self._times) >= _MOST_KNOWN):
                return False
            self._times[who] += 1
            return True
