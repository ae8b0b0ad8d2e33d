"""The connections of a web process as a whole: how many it takes, which it lets go, and how it goes itself.

- As many as its open files allow, with some left for the database and for sound that is read.
- Where all places are taken, those who only hold one and ask for nothing are let go after a second.
- Asked to go, it takes nobody new, answers what has been asked, and ends. What would take longer than
  GRACE_S is cut: parts of an upload are sent again, downloads go on where they were.

Must not know any route.
"""

import logging
import os
import resource
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

#: More than that many are never taken: each costs memory.
MOST = 5000
#: Open files that are no connections: sixteen threads, the database's files, what is being received.
KEPT_FILES = 112
#: A connection and the file that goes out on it.
FILES_EACH = 2
#: How long somebody may hold a place without asking, where others wait for it.
CROWDED_S = 1.0
#: How long a process that is asked to go answers what it has begun: less than service managers wait.
GRACE_S = 8.0
#: A connection that was just made may be about to ask.
ABOUT_TO_ASK_S = 1.0

log = logging.getLogger("hearth.web")


def most_connections() -> int:
    """How many connections this process can hold; raises its limit of open files as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST * FILES_EACH + KEPT_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST
    return max(16, min(MOST, (soft - KEPT_FILES) // FILES_EACH))


class LastAnswer(WSGITask):  # type: ignore[misc]  # the library is untyped
    """An answer that says whether more may be asked on its connection."""

    is_going: Callable[[], bool] = staticmethod(lambda: False)

    def build_response_header(self) -> bytes:
        """The head of the answer; "Connection: close" where this process is going."""
        if self.is_going():
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class Connections:
    """All connections of a server that waitress has made on these sockets."""

    def __init__(self, sockets: dict[int, Any], channel_class: type[HTTPChannel]) -> None:
        self._sockets = sockets
        self._going = threading.Event()
        self._listening = [kept for kept in sockets.values() if hasattr(kept, "channel_class")]
        #: One for each address that the name of the host has.
        self._triggers = [kept.trigger for kept in self._listening]
        task = type("Answer", (LastAnswer,), {"is_going": staticmethod(self._going.is_set)})
        for listening in self._listening:
            listening.channel_class = type("Channel", (channel_class,), {"task_class": task})

    def ask_to_go(self) -> None:
        """Begin to go; may be called by a signal."""
        self._going.set()
        for trigger in self._triggers:
            trigger.pull_trigger()

    def serve(self) -> None:
        """Serve until asked to go and everybody has their answer, or the time for that is over."""
        while not self._going.is_set():
            self._turn(1.0)
            if any(listening.in_connection_overflow for listening in self._listening):
                self._let_go(CROWDED_S)
        self._listen_no_more()
        until_s = time.monotonic() + GRACE_S
        while (left := self._channels()) and time.monotonic() < until_s:
            self._let_go(ABOUT_TO_ASK_S)
            self._turn(0.1)
        if left:
            log.warning("%d connections were cut at the end", len(left))

    def _turn(self, longest_s: float) -> None:
        wasyncore.loop(timeout=longest_s, use_poll=True, map=self._sockets, count=1)

    def _listen_no_more(self) -> None:
        """Take those who have knocked already, then nobody."""
        for listening in self._listening:
            before = -1
            while before != len(self._sockets):
                before = len(self._sockets)
                listening.handle_accept()
            wasyncore.dispatcher.close(listening)

    def _channels(self) -> list[HTTPChannel]:
        return [kept for kept in self._sockets.values() if isinstance(kept, HTTPChannel)]

    def _let_go(self, idle_s: float) -> None:
        """Close what holds a place and has asked for nothing for so long."""
        before_s = time.time() - idle_s
        for channel in self._channels():
            asks = channel.requests or channel.request is not None or channel.total_outbufs_len
            if not asks and channel.last_activity < before_s:
                channel.will_close = True


def end_at_once() -> None:
    """End this process; its threads have nothing left to do."""
    logging.shutdown()
    os._exit(0)
