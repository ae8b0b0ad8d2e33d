"""Whether two services have one signing secret, told from a mark that gives nothing of it away."""

import hashlib
import os
from typing import Any


def mark(secret: str) -> dict[str, str]:
    """What goes into a backup in place of the secret."""
    salt = os.urandom(16)
    return {"salt": salt.hex(), "scrypt": _digest(secret, salt)}


def fits(made: dict[str, Any], secret: str) -> bool:
    """Whether the mark was made of this secret; not for no mark."""
    return bool(made) and _digest(secret, bytes.fromhex(made["salt"])) == made["scrypt"]


def _digest(secret: str, salt: bytes) -> str:
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=2**26).hex()
