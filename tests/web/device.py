"""A device that keeps passkeys, in software: what a browser would send to the service, as JSON.

Attestation "none", ES256. Each field of an answer can be made wrong, one at a time.
"""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

RP_ID, ORIGIN = "localhost", "http://localhost:8000"
PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One passkey; `count` is how often it has signed, None for devices that do not count."""

    count: int | None = 0
    rp_id: str = RP_ID
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    identity: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: bytes = b""

    def make(self, options: dict[str, Any], *, format: str = "none") -> dict[str, Any]:
        """The answer to the question for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        self.user = base64url_to_bytes(options["user"]["id"])
        credential = bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + cbor2.dumps(public)
        data = self._data(self.flags | HAS_KEY) + credential
        client = self._client("webauthn.create", options["challenge"])
        attestation = cbor2.dumps({"fmt": format, "attStmt": {}, "authData": data})
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to the question who signs in."""
        if self.count is not None:
            self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=self.user
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count or 0)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        written = {name: bytes_to_base64url(value) for name, value in response.items()}
        identity = bytes_to_base64url(self.identity)
        return {"id": identity, "rawId": identity, "type": "public-key", "response": written}
