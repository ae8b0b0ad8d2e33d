"""A server of OpenAI's transcription protocol on loopback: real HTTP, and behind it a real engine.

It answers as OpenAI's does: the language by its name, words beside the segments and without punctuation.
`answer` takes its place where a test wants a server that is broken or lies.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from transcription.sentences import sentences
from transcription.speech_file import HEADER_BYTES, check_header, samples_from_pcm
from transcription.transcriber import Server, Transcriber

TOKEN = "only-for-tests-0123456789"
ENGLISH = {"en": "english", "de": "german"}


@dataclass
class SpeechServer:
    """What was asked, and how to answer."""

    url: str
    engine: Transcriber | None = None
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[dict[str, list[bytes]]] = field(default_factory=list)

    @property
    def place(self) -> Server:
        """What an operator would set."""
        return Server(self.url, "whisper-1", TOKEN)

    def body(self, form: dict[str, list[bytes]]) -> bytes:
        """The verbose_json of what the engine hears in the file."""
        wav = form["file"][0]
        check_header(wav[:HEADER_BYTES])
        samples = samples_from_pcm(wav[HEADER_BYTES:])
        language = form.get("language", [b""])[0].decode() or self.engine.detect_language([samples])[0]
        segments = list(sentences(self.engine.transcribe(samples, language=language)))
        return json.dumps(
            {
                "task": "transcribe",
                "language": ENGLISH.get(language, language),
                "text": " ".join(segment.text for segment in segments),
                "segments": [
                    {"start": s.start_ms / 1000, "end": s.end_ms / 1000, "text": f" {s.text}"}
                    for s in segments
                ],
                "words": [
                    {"start": w.start_ms / 1000, "end": w.end_ms / 1000, "word": w.text.strip(" .,;:!?\"'")}
                    for s in segments
                    for w in s.words
                ],
            }
        ).encode()


@contextmanager
def serving(engine: Transcriber | None = None) -> Iterator[SpeechServer]:
    """A server for the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *given: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            """One question, as long as it is one of the protocol."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append(_form(self.headers["Content-Type"], body))
            if server.answer is not None:
                server.answer(self)
            elif self.path != "/v1/audio/transcriptions":
                send(self, b"{}", 404)
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                send(self, b"{}", 401)
            else:
                send(self, server.body(server.asked[-1]))

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = SpeechServer(f"http://127.0.0.1:{listening.server_port}/v1", engine)
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    """An answer as it should be."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _form(content_type: str, body: bytes) -> dict[str, list[bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found: dict[str, list[bytes]] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        found.setdefault(name, []).append(part.get_payload(decode=True))
    return found
