"""waitress, set up for podcast listeners: many slow downloads beside quick pages (house, decision 13)."""

import os
import signal
import tempfile
from types import FrameType

from flask import Flask
from waitress import create_server

from app.settings import Settings

THREADS = 16
#: A plain form upload and a little more for the form's other fields.
_FORM_BYTES = 1024 * 1024


def serve(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    spool = settings.data / "tmp"
    spool.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(spool)  # large bodies must not fill /tmp, which may be memory
    server = create_server(
        app,
        host=settings.listen,
        port=settings.port,
        threads=THREADS,
        connection_limit=5000,
        asyncore_use_poll=True,
        channel_timeout=120,
        max_request_body_size=settings.limits.plain_form_bytes + _FORM_BYTES,
        clear_untrusted_proxy_headers=False,  # app.web.security decides by HEARTH_PROXY_HOPS
        ident="waitress",
    )

    def down(_number: int, _frame: FrameType | None) -> None:
        os._exit(0)  # requests in work are repeated by the browser; every write is whole or not at all

    signal.signal(signal.SIGTERM, down)
    signal.signal(signal.SIGINT, down)
    server.run()
