"""An engine on another computer: the OpenAI-compatible `POST /v1/audio/transcriptions`.

Speech leaves this machine, so it goes only to the address that the operator has set: no redirect is followed,
no proxy of the environment is asked, and without TLS nothing is sent beyond loopback and private networks.
Only what the voice detector takes for speech is sent. Whatever goes wrong is said without the token and
without a word of the answer.
"""

import http.client
import ipaddress
import socket
import ssl
import struct
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import numpy as np

from transcription.answer import Answer, read_answer
from transcription.clips import Clip, whole
from transcription.errors import EngineAway, EngineError
from transcription.hearing import hear, vote, words_of
from transcription.quality import without_loops
from transcription.speech_file import RATE_HZ, SAMPLE_BYTES, Samples
from transcription.transcriber import Server
from transcription.transcript import Segment, Word

_CONNECT_LIMIT_S = 15.0
#: For an answer as a whole: what a busy server without a graphics card needs for two minutes, and patience.
ANSWER_LIMIT_S = 600.0
ANSWER_LIMIT_BYTES = 8 * 1024**2

_REFUSALS = {
    401: "does not accept HEARTH_REMOTE_TOKEN",
    403: "does not accept HEARTH_REMOTE_TOKEN",
    404: "does not know that address or HEARTH_REMOTE_MODEL",
    408: "did not get all of the sound in time",
    413: "takes no sound as long as this",
    429: "has too much to do, or no allowance left for us",
}
#: What passes by itself, or as soon as the operator has put the settings right.
_AWAY = frozenset({401, 403, 404, 408, 429})


class Remote:
    """Hears by asking a server. `accurate` makes no difference: the protocol knows no such thing."""

    def __init__(self, server: Server, *, limit_s: float = ANSWER_LIMIT_S) -> None:
        self.name = f"{server.model}, on another server"
        self._server = server
        self._limit_s = limit_s

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """The language that most pieces were answered in, and how many of them."""

        def ask(sound: Samples) -> Mapping[str, float]:
            said = self._ask(sound[: 30 * RATE_HZ]).language
            return {said: 1.0} if said else {}

        return vote(pieces, ask)

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """What is said in one window; one segment, or none."""

        def decode(clips: list[Clip], careful: bool) -> list[list[Word]]:
            if careful:  # what was missed, in one question
                clips = [Clip(tuple(piece for clip in clips for piece in clip.pieces))]
            heard = [self._words(clip, samples, language) for clip in clips]
            return [words for words in heard if words]

        return hear(samples, decode, gather=whole)

    def _words(self, clip: Clip, window: Samples, language: str) -> list[Word]:
        answer = self._ask(clip.samples(window), language)
        parts = [words_of(timed, clip, language, no_speech) for timed, no_speech in answer.parts]
        return without_loops([word for words in parts for word in words])

    def _ask(self, sound: Samples, language: str = "") -> Answer:
        fields = [
            ("model", self._server.model),
            ("response_format", "verbose_json"),
            ("temperature", "0"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
            *([("language", language)] if language else []),
        ]
        return read_answer(_post(self._server, *_form(fields, sound), self._limit_s), sound.size, language)


def must_be_near(scheme: str, peer: str) -> None:
    """Raise EngineError where speech and token would cross the internet without TLS."""
    address = ipaddress.ip_address(peer.split("%")[0])
    if scheme != "https" and (getattr(address, "ipv4_mapped", None) or address).is_global:
        raise EngineError("HEARTH_REMOTE_URL must be https: that server is not in a private network.")


def _form(fields: Sequence[tuple[str, str]], sound: Samples) -> tuple[str, bytes]:
    """Content type and body of a form with the sound as a file (RFC 7578)."""
    boundary = f"hearth-{uuid.uuid4().hex}"
    body = b""
    for name, value in fields:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    ).encode()
    return f"multipart/form-data; boundary={boundary}", body + _wav(
        sound
    ) + f"\r\n--{boundary}--\r\n".encode()


def _wav(sound: Samples) -> bytes:
    pcm = np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2").tobytes()
    rate = (RATE_HZ, RATE_HZ * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    header = (b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, *rate, b"data", len(pcm))
    return struct.pack("<4sI4s4sIHHIIHH4sI", *header) + pcm


def _post(server: Server, content_type: str, body: bytes, limit_s: float) -> bytes:
    """The body of a good answer. Raises EngineError, or EngineAway where a later try may do better."""
    address = urlsplit(server.url)
    path = address.path.rstrip("/")
    path += "/audio/transcriptions" if path.endswith("/v1") else "/v1/audio/transcriptions"
    headers = {"Content-Type": content_type, "Accept": "application/json", "User-Agent": "Hearth"}
    if server.token:
        headers["Authorization"] = f"Bearer {server.token}"
    connection = _connection(address.scheme, address.hostname or "", address.port)
    late = threading.Event()

    def end() -> None:
        late.set()
        _shut(connection)

    limit = threading.Timer(limit_s, end)  # whoever answers a byte a minute is late too
    limit.daemon = True
    limit.start()
    try:
        connection.connect()
        must_be_near(address.scheme, connection.sock.getpeername()[0])
        connection.sock.settimeout(None)  # from here on the limit of the whole answer counts
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        found = answer.read(ANSWER_LIMIT_BYTES + 1)
        if answer.status == http.HTTPStatus.OK and not late.is_set():
            return _whole(found, answer.length)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late.is_set():
            raise EngineAway(f"The transcription server did not answer within {limit_s:.0f} s.") from None
        raise EngineAway(f"The transcription server cannot be spoken to ({type(error).__name__}).") from None
    finally:
        limit.cancel()
        connection.close()
    if late.is_set():
        raise EngineAway(f"The transcription server did not answer within {limit_s:.0f} s.")
    raise _refused(answer.status)


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_CONNECT_LIMIT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=_CONNECT_LIMIT_S)


def _shut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):  # it has ended by itself
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # also beneath TLS


def _whole(found: bytes, missing: int | None) -> bytes:
    """The body, if it is all there: http.client says nothing where a sized answer is cut."""
    if len(found) > ANSWER_LIMIT_BYTES:
        raise EngineError("The transcription server's answer is longer than any transcript of two minutes.")
    if missing:
        raise EngineAway("The transcription server's answer was cut short.")
    return found


def _refused(status: int) -> EngineError:
    words = _REFUSALS.get(status)
    if words is None:
        words = (
            "has failed" if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR else "does not take what we send"
        )
    kind = EngineAway if status in _AWAY or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR else EngineError
    return kind(f"The transcription server {words} (HTTP {status}).")
