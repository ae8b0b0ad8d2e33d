"""What a store can refuse.

StorageError (HearthError)
├── KeyRefused              not a key that this service makes
├── ObjectMissing           nothing lies under the key
├── StoreUnavailable        (Unavailable) the store does not answer as it should; trying again may help
│   ├── StoreFull           no room left; nothing of the object was kept
│   └── StoreRefuses        it answers, but does not take our key or has no such bucket; says why
└── UploadError
    ├── UploadMissing       never begun, given up, or swept away
    ├── UploadFinished      already put together; its bytes do not change any more
    ├── PartsWrong          parts are missing or not as expected; says which
    └── PartRefused
        ├── PartUnreasonable       a number, size or hash that no part can have
        ├── PartAddressForged      the address was not made by this service
        ├── PartAddressExpired     the address is too old; ask for another
        ├── PartLengthWrong        more or fewer bytes than the address was made for
        └── PartHashWrong          other bytes than the address was made for

An address of a store that cannot be used is a SettingsError. Knows nothing of HTTP: which status an error
becomes is said in app/web/errors.py.
"""

from app.errors import HearthError, Unavailable


class StorageError(HearthError):
    """Something in the store could not be done."""

    message = "The store could not do this"

    def __init__(self, subject: str) -> None:
        """Keep the key, or whatever else the error is about."""
        super().__init__(f"{self.message}: {subject}")
        self.subject = subject


class KeyRefused(StorageError):
    """Not a key that this service makes, or one whose path leaves the store."""

    message = "This is not a key of the store"


class ObjectMissing(StorageError):
    """Nothing lies under the key."""

    message = "There is no such object"


class StoreUnavailable(StorageError, Unavailable):
    """The store does not answer, or not as it should."""

    message = "The store is not available"
    #: Whether it stands in the figures already: one call may ask for another.
    is_counted = False


class StoreFull(StoreUnavailable):
    """The store has no room left; nothing of the object was kept."""

    message = "The store is full"


class StoreRefuses(StoreUnavailable):
    """The store answers, and refuses us: until the operator changes something it stays so."""

    message = "The store refuses this service"

    def __init__(self, subject: str, reason: str) -> None:
        """Keep why, in words for the operator."""
        super().__init__(f"{subject} ({reason})")
        self.reason = reason


class UploadError(StorageError):
    """Something about an upload in parts."""

    message = "The upload cannot go on"


class UploadMissing(UploadError):
    """The upload was never begun, was given up, or was swept away."""

    message = "There is no such upload"


class UploadFinished(UploadError):
    """The upload has been put together; nothing can be added or changed."""

    message = "The upload is already complete"


class PartsWrong(UploadError):
    """Parts are missing, or are not what was expected."""

    message = "The upload cannot be put together"

    def __init__(self, key: str, *, missing: tuple[int, ...] = (), wrong: tuple[int, ...] = ()) -> None:
        """Keep the numbers of the parts that have to be sent, or sent again."""
        said = [f"missing {_numbers(missing)}"] if missing else []
        said += [f"wrong {_numbers(wrong)}"] if wrong else []
        super().__init__(f"{key} ({'; '.join(said) or 'no parts'})")
        self.missing = missing
        self.wrong = wrong


class PartRefused(UploadError):
    """One part was refused; nothing of it was kept."""

    message = "The part was refused"


class PartUnreasonable(PartRefused):
    """A number, size or hash that no part can have."""

    message = "A part cannot be like this"


class PartAddressForged(PartRefused):
    """The address was not made by this service, or was changed on its way."""

    message = "The address of the part was not made here"


class PartAddressExpired(PartRefused):
    """The address is too old; another can be asked for."""

    message = "The address of the part has expired"


class PartLengthWrong(PartRefused):
    """More or fewer bytes came than the address was made for."""

    message = "The part does not have the length it should have"


class PartHashWrong(PartRefused):
    """Other bytes came than the address was made for."""

    message = "The part was damaged on its way"


def _numbers(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    return shown if len(numbers) <= 10 else f"{shown} and {len(numbers) - 10} more"
