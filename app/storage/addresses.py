"""Addresses of parts for the folder store: what S3 signs itself, we sign here.

A token says which part of which upload may be put, how long it is, which hash it has, and until when; nobody
can change any of it without the service's secret. Must not know how parts are stored.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from app.storage.errors import PartAddressExpired, PartAddressForged

# The secret signs other things elsewhere; a key of its own keeps one signature from ever passing for another.
_PURPOSE = b"hearth: address of a part, 1"


@dataclass(frozen=True)
class PartAddress:
    """What one token allows."""

    key: str
    upload_id: str
    number: int
    size_bytes: int
    sha256_hex: str
    expires_at_s: float


def sealed(address: PartAddress, secret: bytes) -> str:
    """The token for an address: letters, digits, `-`, `_` and one dot."""
    said = _to_text(json.dumps(asdict(address), separators=(",", ":")).encode("ascii"))
    return f"{said}.{_signature(said, secret)}"


def opened(token: str, secret: bytes, now_s: float) -> PartAddress:
    """The address in a token; raises PartAddressForged, PartAddressExpired."""
    said, _, signature = token.partition(".")
    genuine = _signature(said, secret)
    # Compared as bytes, since compare_digest refuses text that is not ASCII.
    if not hmac.compare_digest(genuine.encode(), signature.encode("utf-8", "surrogatepass")):
        raise PartAddressForged(ascii(token[:40]))
    address = PartAddress(**json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4))))
    if address.expires_at_s <= now_s:
        raise PartAddressExpired(f"{address.key} part {address.number}")
    return address


def _signature(said: str, secret: bytes) -> str:
    own_key = hmac.new(secret, _PURPOSE, hashlib.sha256).digest()
    return _to_text(hmac.new(own_key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).digest())


def _to_text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
