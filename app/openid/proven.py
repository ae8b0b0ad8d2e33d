"""What passes between the provider and the service, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Begun:
    """A sign-in that is under way at the provider: where the browser goes, and what its session keeps."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Proven:
    """Somebody whom the provider knows. Only issuer and subject together name a person for good.

    `email` is "" where the provider has none, or does not say that it is this person's.
    """

    issuer: str
    subject: str
    email: str
    name: str
