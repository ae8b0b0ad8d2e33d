"""Who an ID token proves (OpenID Connect Core 1.0, 3.1.3.7): signature first, then every claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from app.openid.errors import AnswerRefused

#: Signatures by a key pair only: neither `none`, nor one whose key the whole world has (HS256).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: Two clocks may differ by this much.
LEEWAY_S = 120
_MOST_KEYS = 100
_SUBJECT_LENGTH_MAX = 255
_RSA_BITS_MIN = 2048

_BROKEN = (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


class UnknownKey(AnswerRefused):
    """The token names a key that we do not have: the provider may have changed its keys."""


@dataclass(frozen=True)
class Expected:
    """What the token has to say."""

    issuer: str
    client_id: str
    nonce: str
    now_s: int


def key_set(said: Mapping[str, Any]) -> KeySet:
    """The public keys of key pairs; other kinds, and what is no key, are left out. Raises AnswerRefused."""
    listed = said.get("keys")
    if not isinstance(listed, list):
        raise AnswerRefused("keys: are no list")
    found = [key for one in listed[:_MOST_KEYS] if (key := _key(one)) is not None]
    if not found:
        raise AnswerRefused("keys: none that signs can be used")
    return KeySet(list(found))


def _key(said: Any) -> RSAKey | ECKey | None:
    if not isinstance(said, dict) or said.get("use", "sig") != "sig":
        return None
    try:
        if said.get("kty") == "EC":
            return ECKey.import_key(said)
        if said.get("kty") == "RSA" and _bits(said.get("n")) >= _RSA_BITS_MIN:
            return RSAKey.import_key(said)
    except _BROKEN:
        pass
    return None


def _bits(modulus: Any) -> int:
    """About how long an RSA key is, from its modulus in base64url."""
    return len(modulus) * 6 if isinstance(modulus, str) else 0


def claims_of(token: Mapping[str, Any], keys: KeySet, expected: Expected) -> dict[str, Any]:
    """The claims of the ID token in this answer. Raises AnswerRefused, UnknownKey."""
    text = token.get("id_token")
    if not isinstance(text, str):
        raise AnswerRefused("ID token: missing")
    try:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        signed = jwt.decode(text, key=keys, registry=registry)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
                "nonce": {"essential": True},
            },
            {
                "nonce": expected.nonce,
                "client_id": expected.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=expected.now_s, leeway=LEEWAY_S)
    except InvalidKeyIdError as error:
        raise UnknownKey("ID token: signed by a key that the provider does not publish") from error
    except _BROKEN as error:
        raise AnswerRefused(f"ID token: {type(error).__name__}") from error
    subject = claims["sub"]
    if not 0 < len(subject) <= _SUBJECT_LENGTH_MAX or not subject.isprintable():
        raise AnswerRefused("ID token: the subject cannot be used")
    return dict(claims)
