"""Links that are a permission: signed with the service's secret, each kind with a salt of its own.

What is signed is readable by whoever has the link; that it was we who wrote it is what the signature says.
"""

import hashlib

from itsdangerous import URLSafeSerializer


def signer(secret: str, kind: str) -> URLSafeSerializer:
    """Writes and reads the tokens of this kind. Its `loads` raises itsdangerous.BadData."""
    return URLSafeSerializer(
        secret,
        salt=f"hearth: {kind}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
