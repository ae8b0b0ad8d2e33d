"""Links that are a permission: signed with the service's secret, each kind with a salt of its own.

What is signed is readable by whoever has the link; that it was we who wrote it is what the signature says.
While a secret is being replaced, links of the former one are still believed.
"""

import hashlib
from collections.abc import Sequence

from itsdangerous import URLSafeSerializer


def signer(secrets: str | Sequence[str], kind: str) -> URLSafeSerializer:
    """Writes and reads the tokens of this kind. Its `loads` raises itsdangerous.BadData.

    Of several secrets the first one signs, and all are believed.
    """
    keys = [secrets] if isinstance(secrets, str) else list(secrets)
    return URLSafeSerializer(
        keys[::-1],  # its own order: the newest last
        salt=f"hearth: {kind}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
