"""What the service can refuse, sorted by who must act.

    HearthError
    ├── SettingsError            the operator: a setting cannot be used
    ├── Refusal                  the person at the screen: what is wrong, and how to mend it
    │   ├── NotSignedIn          nobody is signed in, and this needs somebody
    │   ├── NotAllowed           their role does not reach so far
    │   ├── NotFound             nothing there that they may see
    │   ├── Gone                 was public, was withdrawn
    │   ├── Conflict             something else happened first
    │   ├── Invalid              fields of a form, each with its message
    │   ├── TooLarge
    │   ├── WrongKind            not something that we take
    │   ├── NoRoom               the disk is full; what was received is kept
    │   └── TooOften             wait, then try again
    └── Unavailable              a part of the service is down; try again later

HTTP statuses exist only in app/web/errors.py.
"""


class HearthError(Exception):
    """Anything that the service itself refuses or cannot do."""


class SettingsError(HearthError):
    """A setting cannot be used; the message names the variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name


class Refusal(HearthError):
    """Something that a person asked for and does not get; the text is for that person."""


class NotSignedIn(Refusal):
    """Nobody is signed in, and this needs somebody: pages lead to the sign-in page and back."""


class NotAllowed(Refusal):
    """Visible to this account, but its role does not reach so far."""


class NotFound(Refusal):
    """Nothing there, or nothing that this reader may know of."""


class Gone(Refusal):
    """It was public and has been withdrawn."""


class Conflict(Refusal):
    """The state of things does not allow this now; the message says what to do first."""


class Invalid(Refusal):
    """Fields with what is wrong: {field name: message}."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


class TooLarge(Refusal):
    """More than the stated limit."""


class WrongKind(Refusal):
    """Not something that the service takes."""


class NoRoom(Refusal):
    """The disk of the service is full; what was received before is kept."""


class TooOften(Refusal):
    """Too many attempts; `retry_after_s` says when to come back."""

    def __init__(self, text: str, retry_after_s: int) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Unavailable(HearthError):
    """A part of the service does not answer at present."""
