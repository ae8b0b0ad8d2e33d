"""A sender of parts, as a browser is one: knows addresses, not stores."""

import hashlib
import random
from collections.abc import Iterable
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
