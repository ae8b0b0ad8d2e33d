"""What may go wrong between us and the provider of OpenID Connect.

    HearthError
    └── OpenIdError
        ├── ProviderAway      it does not answer in time, or not in a form that anybody can read
        └── AnswerRefused     it answers, and the answer proves nobody

`about` is for the log, in words of ours: it never holds what the provider said.
"""

from app.errors import HearthError


class OpenIdError(HearthError):
    """The provider has proved nobody; `about` says why, for whoever runs the service."""

    def __init__(self, about: str) -> None:
        super().__init__(about)
        self.about = about


class ProviderAway(OpenIdError):
    """It cannot be reached at present."""


class AnswerRefused(OpenIdError):
    """What came back does not prove who somebody is."""
