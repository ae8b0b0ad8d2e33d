"""The service asked by itself, in this process: what listeners would be answered, without a network.

A request of this kind is nobody's: no cookie, no line in the log, no count. A client cannot make one: the
mark stands in the environment of the request, where no header reaches.
"""

from collections.abc import Mapping
from contextvars import Context
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.test import Client, TestResponse

from app.services.served import Answer, Fetch

_MARK = "hearth.own_look"


def is_own_look() -> bool:
    """Whether this request comes from the service itself."""
    return _MARK in request.environ


def fetch_here(app: Flask, public_url: str) -> Fetch:
    """Asks this service by its public address. An address that is not ours is answered by nobody (502)."""
    client = Client(app, use_cookies=False)

    def fetch(method: str, url: str, headers: Mapping[str, str]) -> Answer:
        if not url.startswith(f"{public_url}/"):
            return Answer(502, {}, b"")
        parts = urlsplit(url)

        def ask() -> TestResponse:
            return client.open(
                parts.path,
                method=method,
                base_url=public_url,
                query_string=parts.query,
                headers=dict(headers),
                environ_overrides={_MARK: True},
                buffered=True,
            )

        # a context of its own: the request that asks, and who is signed in there, are not seen
        answer = Context().run(ask)
        known = {name.lower(): value for name, value in answer.headers}
        return Answer(answer.status_code, known, answer.data)

    return fetch
