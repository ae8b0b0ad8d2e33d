"""What can go wrong with sound, sorted by who must act.

    AudioError
    ├── RecordingRefused   the file's fault: the producer reads the reason and sends another file
    ├── ChildDied          a signal or a limit ended the child: the caller counts, at most two
    │   └── ChildTimeout   the time was up
    ├── ChildFailed        the child gave up in words of its own
    ├── Cancelled          the caller asked us to stop: the step is handed back
    └── SandboxBroken      the child could not be started at all: the operator must act

This file must not know of HTTP, the database or the pipeline.
"""

from enum import StrEnum

from app.audio.words import trouble


class Refusal(StrEnum):
    """Why a recording was refused; stable, so that pages and tests may ask for it."""

    NOT_AUDIO = "not-audio"
    EXTERNAL = "points-elsewhere"
    SEVERAL = "several-recordings"
    BROKEN = "broken"
    TOO_LONG = "too-long"
    TOO_SHORT = "too-short"
    TOO_MANY_CHANNELS = "too-many-channels"
    SAMPLE_RATE = "sample-rate"
    SILENT = "near-silent"


class Limit(StrEnum):
    """The limit of the sandbox that ended a child."""

    MEMORY = "memory"
    CPU = "cpu"
    OUTPUT = "output"
    TIME = "time"


class AudioError(Exception):
    """Base of everything that this package raises on purpose."""


class RecordingRefused(AudioError):
    """The file is not a recording that we take; `reason` is one sentence or two for the producer."""

    def __init__(self, reason: str, code: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class ChildDied(AudioError):
    """A child was ended by a signal or a limit; `last_words` is the end of what it wrote.

    They may hold titles and names from the file: the message, which is logged, has the complaints only.
    """

    def __init__(self, *, signal: int | None, limit: Limit | None, last_words: str = "") -> None:
        cause = f"limit of {limit}" if limit else f"signal {signal}"
        super().__init__(f"The child was ended by the {cause}. {trouble(last_words)}".strip())
        self.signal = signal
        self.limit = limit
        self.last_words = last_words


class ChildTimeout(ChildDied):
    """A child was still at work when its time, or its share of processor time, was up."""

    def __init__(self, *, after_s: float, last_words: str = "") -> None:
        super().__init__(signal=None, limit=Limit.TIME, last_words=last_words)
        self.after_s = after_s


class ChildFailed(AudioError):
    """A child ended by itself, without success."""

    def __init__(self, *, exit_code: int, last_words: str) -> None:
        super().__init__(f"The child ended with {exit_code}. {trouble(last_words)}".strip())
        self.exit_code = exit_code
        self.last_words = last_words


class Cancelled(AudioError):
    """The caller asked to stop; the child has been killed."""


class SandboxBroken(AudioError):
    """The child could not be started under its limits."""
