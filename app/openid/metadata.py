"""What the provider says of itself (OpenID Connect Discovery 1.0), checked before anything is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.openid.errors import AnswerRefused
from app.settings import is_loopback

#: How we may say who we are, best first (RFC 6749, 2.3.1).
_METHODS = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True)
class Metadata:
    """The provider's addresses."""

    authorize: str
    token: str
    keys: str
    userinfo: str | None
    #: How the token endpoint wants to hear who we are.
    method: str
    #: Whether every answer names its issuer (RFC 9207).
    names_issuer: bool


def checked(said: Mapping[str, Any], issuer: str) -> Metadata:
    """The metadata of this issuer. Raises AnswerRefused."""
    if said.get("issuer") != issuer:
        raise AnswerRefused("discovery: the provider calls itself by another name than HEARTH_OIDC_ISSUER")
    methods = said.get("token_endpoint_auth_methods_supported") or list(_METHODS[:1])
    method = next((one for one in _METHODS if isinstance(methods, list) and one in methods), None)
    if method is None:
        raise AnswerRefused("discovery: the token endpoint takes neither of the ways to send our secret")
    plain = issuer.startswith("http://")  # then it is on this machine (app.settings)
    return Metadata(
        authorize=_address(said, "authorization_endpoint", plain),
        token=_address(said, "token_endpoint", plain),
        keys=_address(said, "jwks_uri", plain),
        userinfo=_address(said, "userinfo_endpoint", plain) if said.get("userinfo_endpoint") else None,
        method=method,
        names_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(said: Mapping[str, Any], name: str, plain: bool) -> str:
    """An address that is safe to call: https, or on this machine where the issuer is."""
    address = said.get(name)
    if isinstance(address, str) and address.isascii() and address.isprintable() and len(address) <= 2000:
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise AnswerRefused(f"discovery: {name} is no address") from error
        host = parts.hostname or ""
        is_safe = parts.scheme == "https" or (plain and parts.scheme == "http" and is_loopback(host))
        if host and is_safe and not parts.fragment and parts.username is None:
            return address
    raise AnswerRefused(f"discovery: {name} is missing or not safe")
