"""Calls to the provider: Authlib's client, bounded in bytes and in time, following nobody elsewhere."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client

from app.openid.errors import AnswerRefused, ProviderAway

#: One call, from the first packet to the last byte of the answer.
CALL_S = 8.0
#: Until the connection stands, and between two packets.
WAIT_S = 4.0
#: The largest answer: key sets of big providers have 20 KB.
MOST_BYTES = 256 * 1024
#: Calls at the same time; a provider that hangs must not take all threads of the service.
AT_ONCE = 6


class BoundedClient(OAuth2Client):  # type: ignore[misc]  # the library is untyped
    """Authlib's client; each answer is read here, whole or not at all."""

    call_s = CALL_S

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """The answer with its body. Raises ProviderAway where it is too large or takes too long."""
        with _cut_off(self.call_s) as watch:
            request.extensions = {**request.extensions, "trace": watch.saw}
            response = super().send(request, stream=True, **options)
            try:
                body = _whole(response)
            finally:
                response.close()
        kind = {"Content-Type": response.headers.get("Content-Type", "")}
        return httpx2.Response(response.status_code, headers=kind, content=body, request=response.request)


class Caller:
    """What we ask of the provider. The only place where Authlib's and the network's errors are known."""

    def __init__(self, client_id: str, client_secret: str, call_s: float) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._call_s = call_s
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def get_json(self, address: str, about: str, access_token: str | None = None) -> dict[str, Any]:
        """A JSON object of the provider's. Raises ProviderAway, AnswerRefused."""
        headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        with self._client("none") as client, _as_ours(about):
            response = client.request("GET", address, withhold_token=True, headers=headers)
            if response.status_code != httpx2.codes.OK:
                raise ProviderAway(f"{about}: status {response.status_code}")
            return _as_object(response.content, about)

    def fetch_token(self, address: str, method: str, **said: str) -> Mapping[str, Any]:
        """The token endpoint's answer to a code. Raises ProviderAway, AnswerRefused."""
        with self._client(method) as client, _as_ours("token"):
            found: Mapping[str, Any] = client.fetch_token(address, grant_type="authorization_code", **said)
            return found

    @contextmanager
    def _client(self, method: str) -> Iterator[BoundedClient]:
        if not self._places.acquire(blocking=False):
            raise ProviderAway("too many calls at the same time")
        try:
            with BoundedClient(
                client_id=self._client_id,
                client_secret=self._client_secret,
                token_endpoint_auth_method=method,
                timeout=WAIT_S,
                follow_redirects=False,
                verify=_trusted(),
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            ) as client:
                client.call_s = self._call_s
                yield client
        finally:
            self._places.release()


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, read once: that takes longer than a call."""
    return httpx2.create_ssl_context()


@contextmanager
def _as_ours(about: str) -> Iterator[None]:
    """Errors of the libraries as ours, without what the provider said."""
    try:
        yield
    except AuthlibBaseError as error:  # the provider's own refusal: a code that was used, a wrong secret
        raise AnswerRefused(f"{about}: refused by the provider") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
        raise ProviderAway(f"{about}: {type(error).__name__}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise AnswerRefused(f"{about}: cannot be read") from error


def _as_object(body: bytes, about: str) -> dict[str, Any]:
    found = json.loads(body)
    if not isinstance(found, dict):
        raise AnswerRefused(f"{about}: is no JSON object")
    return found


def _whole(response: httpx2.Response) -> bytes:
    """The bytes as they came: what is packed could be a thousand times as large."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderAway("the answer is packed, which was not asked for")
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            raise ProviderAway("the answer is too large")
    return bytes(body)


class _Watch:
    """Ends a connection when its time is over: limits between packets never end one that drips."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self.is_over = False

    def saw(self, event: str, info: Mapping[str, Any]) -> None:
        """What the network library tells of its steps; after TLS the socket is another one."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.is_over:
                self.end()

    def end(self) -> None:
        """From another thread: whoever reads sees the end of the stream."""
        self.is_over = True
        for held in self._sockets[-1:]:
            with suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)  # not the one of TLS, which would talk first


@contextmanager
def _cut_off(after_s: float) -> Iterator[_Watch]:
    watch = _Watch()
    timer = threading.Timer(after_s, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
    if watch.is_over:
        raise ProviderAway("the answer took too long")
