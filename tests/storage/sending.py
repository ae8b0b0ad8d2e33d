"""A sender of parts, as a browser is one: knows addresses, not stores."""

import hashlib
import random
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import requests

from app.storage import ExpectedPart, ObjectStore, SignedPart
from app.storage.keys import upload_key

# The smallest part that S3 takes unless it is the last.
PART_BYTES = 5 * 2**20


def make_bytes(size_bytes: int, seed: int = 1) -> bytes:
    """Bytes that do not repeat and are the same in every run."""
    return random.Random(seed).randbytes(size_bytes)


def make_key() -> str:
    """A key that nothing has used."""
    return upload_key(UUID(bytes=uuid4().bytes))


def sha256(content: bytes) -> str:
    """The hash as the service writes it."""
    return hashlib.sha256(content).hexdigest()


def address(
    store: ObjectStore, key: str, upload_id: str, number: int, content: bytes, expires_in_s: int = 600
) -> SignedPart:
    """Where these bytes may go."""
    return store.part_address(
        key,
        upload_id,
        number,
        size_bytes=len(content),
        sha256_hex=sha256(content),
        expires_in_s=expires_in_s,
    )


def send(signed: SignedPart, content: bytes) -> int:
    """Send the bytes to the address; gives the HTTP status."""
    answer = requests.request(
        signed.method, signed.url, data=content, headers=dict(signed.headers), timeout=60
    )
    return answer.status_code


def send_parts(store: ObjectStore, key: str, upload_id: str, pieces: Iterable[tuple[int, bytes]]) -> None:
    """Send all pieces, each of which must be taken."""
    for number, content in pieces:
        status = send(address(store, key, upload_id, number, content), content)
        assert status == 200


def expected(*pieces: bytes) -> list[ExpectedPart]:
    """What must have arrived."""
    return [ExpectedPart(number, len(piece)) for number, piece in enumerate(pieces, 1)]


def send_and_hang_up(signed: SignedPart, content: bytes, sent_bytes: int) -> None:
    """Begin to send a part and lose the connection."""
    where = urlsplit(signed.url)
    assert where.hostname is not None
    assert where.port is not None
    headers = {"Host": where.netloc, "Content-Length": str(len(content)), **signed.headers}
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        lines = [f"{signed.method} {where.path}?{where.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + content[:sent_bytes])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
