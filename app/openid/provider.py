"""The organisation's provider of OpenID Connect, as this process knows it.

Nothing is asked of it before somebody wants to sign in: where it is down, the service starts and everybody
else comes in by their password. What it says of itself, and its keys, are kept for an hour.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import KeySet

from app.openid import metadata, tokens
from app.openid.client import CALL_S, Caller
from app.openid.errors import AnswerRefused
from app.openid.metadata import Metadata
from app.openid.proven import Begun, Proven
from app.openid.tokens import Expected, UnknownKey

KEEP_S = 3600.0
SCOPE = "openid email profile"
_TEXT_LENGTH_MAX = 254


@dataclass(frozen=True)
class _Kept:
    """What the provider said of itself, and when (monotonic)."""

    metadata: Metadata
    keys: KeySet
    at_s: float


class Provider:
    """One issuer, to which we are one client."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        return_address: str,
        clock: Callable[[], datetime],
        call_s: float = CALL_S,
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._return_address = return_address
        self._clock = clock
        self._caller = Caller(client_id, client_secret, call_s)
        self._kept: _Kept | None = None

    def begin(self) -> Begun:
        """A new sign-in. Raises ProviderAway, AnswerRefused."""
        known = self._known()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        address = prepare_grant_uri(
            known.metadata.authorize,
            client_id=self._client_id,
            response_type="code",
            redirect_uri=self._return_address,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Begun(str(address), state, nonce, verifier)

    def prove(self, code: str, nonce: str, verifier: str, answered_by: str | None = None) -> Proven:
        """Who came back with this code. Raises ProviderAway, AnswerRefused.

        `answered_by` is the issuer that the answer names, if it names one (RFC 9207).
        """
        known = self._known()
        if answered_by != self.issuer and (answered_by is not None or known.metadata.names_issuer):
            raise AnswerRefused("answer: of another issuer")
        token = self._caller.fetch_token(
            known.metadata.token,
            known.metadata.method,
            code=code,
            redirect_uri=self._return_address,
            code_verifier=verifier,
        )
        expected = Expected(self.issuer, self._client_id, nonce, int(self._clock().timestamp()))
        try:
            claims = tokens.claims_of(token, known.keys, expected)
        except UnknownKey:
            claims = tokens.claims_of(token, self._ask().keys, expected)
        about = claims if "email" in claims else {**claims, **self._more(known.metadata, token, claims)}
        return Proven(self.issuer, claims["sub"], _proved_email(about), _text(about.get("name")))

    def _more(self, known: Metadata, token: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider tells of this person beside the token (Core 1.0, 5.3)."""
        access_token = token.get("access_token")
        if known.userinfo is None or not isinstance(access_token, str) or not access_token.isascii():
            return {}
        said = self._caller.get_json(known.userinfo, "userinfo", access_token)
        subject = said.get("sub")
        if not isinstance(subject, str) or not hmac.compare_digest(subject.encode(), claims["sub"].encode()):
            raise AnswerRefused("userinfo: about somebody else")
        return {name: said[name] for name in ("email", "email_verified", "name") if name in said}

    def _known(self) -> _Kept:
        kept = self._kept
        if kept is not None and time.monotonic() - kept.at_s < KEEP_S:
            return kept
        return self._ask()

    def _ask(self) -> _Kept:
        """Ask anew; where two ask at once, the later answer is kept."""
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        known = metadata.checked(self._caller.get_json(address, "discovery"), self.issuer)
        keys = tokens.key_set(self._caller.get_json(known.keys, "keys"))
        self._kept = _Kept(known, keys, time.monotonic())
        return self._kept


def _proved_email(claims: Mapping[str, Any]) -> str:
    """The address, if the provider says outright that it is this person's."""
    return _text(claims.get("email")) if claims.get("email_verified") is True else ""


def _text(said: Any) -> str:
    return said if isinstance(said, str) and len(said) <= _TEXT_LENGTH_MAX else ""
