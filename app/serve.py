"""waitress, set up for podcast listeners: many slow downloads beside quick pages (house, decision 13)."""

import errno
import gc
import signal
import tempfile
from types import FrameType
from typing import Any

from flask import Flask
from waitress import create_server

from app.backends import Backends
from app.connections import Connections, end_at_once, most_connections
from app.errors import SettingsError
from app.intake import Patience, channel_class
from app.pipeline import counting
from app.settings import Settings, make_folder
from app.web.security import FORM_BYTES
from app.web.studio.receiving import clear_left

THREADS = 16

#: After how many new objects Python looks among them, and how seldom among older ones (gc.set_threshold).
_GARBAGE = (50_000, 20, 50)

#: Room for the longest address and cookies, several times over.
HEAD_BYTES = 64 * 1024


def serve(app: Flask, backends: Backends, patience: Patience | None = None) -> None:
    """Serve until SIGTERM or SIGINT, and then until what was asked has its answer.

    Raises SettingsError where it cannot begin.
    """
    patience = patience or Patience()
    settings = backends.settings
    prepare(settings)
    sockets: dict[int, Any] = {}
    _listen(app, settings, sockets, patience)
    connections = Connections(sockets, channel_class(app, backends, patience))

    def down(_number: int, _frame: FrameType | None) -> None:
        connections.ask_to_go()

    signal.signal(signal.SIGTERM, down)
    signal.signal(signal.SIGINT, down)
    counting.start(backends)
    connections.serve()
    end_at_once()


def prepare(settings: Settings) -> None:
    """Make room for the bodies of requests, and remove what killed processes left of them.

    Python looks for garbage rarely: what is loaded now stays, and a feed makes a million objects of which
    none is (half of a large feed's time went into looking).
    """
    gc.set_threshold(*_GARBAGE)
    spool = settings.data / "tmp"
    make_folder("HEARTH_DATA", spool)
    clear_left(settings)
    tempfile.tempdir = str(spool)  # large bodies must not fill /tmp, which may be memory


def _listen(app: Flask, settings: Settings, sockets: dict[int, Any], patience: Patience) -> None:
    """Raises SettingsError for an address that this machine does not have, or that is taken."""
    try:
        create_server(
            app,
            map=sockets,
            host=settings.listen,
            port=settings.port,
            threads=THREADS,
            connection_limit=most_connections(),
            asyncore_use_poll=True,
            channel_timeout=patience.idle_s,
            cleanup_interval=min(30, patience.idle_s),
            max_request_header_size=HEAD_BYTES,
            max_request_body_size=FORM_BYTES,  # app.intake chooses another where the head allows it
            clear_untrusted_proxy_headers=False,  # app.web.security decides by HEARTH_PROXY_HOPS
            ident="waitress",
        )
    except (OSError, ValueError) as error:  # waitress has its own words for a name without an address
        reason = getattr(error, "strerror", None) or str(error)
        name = (
            "PORT" if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES) else "HEARTH_LISTEN"
        )
        where = f"{settings.listen}:{settings.port}"
        raise SettingsError(
            name, f"names an address that cannot be listened on: {where} ({reason})"
        ) from error
