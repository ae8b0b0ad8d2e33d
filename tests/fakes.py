"""Stand-ins for the outside world; each passes the same contract tests as the real one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.mail import Letter
from app.storage.errors import StoreUnavailable
from transcription.speech_file import RATE_HZ, Samples
from transcription.transcript import Segment, Word, segment_of


@dataclass
class KeptMail:
    """A mailer that keeps the letters for the test to read."""

    letters: list[Letter] = field(default_factory=list)
    sends: bool = True

    def send(self, letter: Letter) -> None:
        """Keep it."""
        self.letters.append(letter)


@dataclass
class SetClock:
    """A clock that stands until the test moves it."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time that was set."""
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass: move(minutes=5)."""
        self.now += timedelta(**by)


@dataclass
class SaidAloud:
    """A transcriber that hears the same words in everything, one each fifth of a second."""

    text: str = "We moved the handover to the bedside. Falls went down."
    name: str = "Made words"

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """English, whatever it is."""
        return "en", 0.99

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """The words, as far as the sound lasts."""
        end_ms = len(samples) * 1000 // RATE_HZ
        words = tuple(
            Word(number * 200, number * 200 + 180, f" {word}", 0.9)
            for number, word in enumerate(self.text.split())
            if number * 200 + 180 <= end_ms
        )
        return (segment_of(words),) if words else ()


@dataclass
class Watched:
    """A store, mailer or engine that does as the real one; the test sees each call before it is made."""

    real: Any
    before: Callable[[str], None]

    def __getattr__(self, name: str) -> Any:
        """The real one's, with a look before."""
        found = getattr(self.real, name)
        if not callable(found):
            return found

        def called(*given: Any, **named: Any) -> Any:
            self.before(name)
            return found(*given, **named)

        return called


@dataclass
class LittleRoom:
    """A store that does as the real one, on a disk with just so much room (None: it cannot say)."""

    real: Any
    free: int | None

    def __getattr__(self, name: str) -> Any:
        """The real one's."""
        return getattr(self.real, name)

    def free_bytes(self) -> int | None:
        """What the test says."""
        return self.free


@dataclass
class Outage:
    """For `Watched`: the next `calls` calls find the store away."""

    calls: int = 0

    def __call__(self, name: str) -> None:
        """One call."""
        if self.calls > 0:
            self.calls -= 1
            raise StoreUnavailable(name)
