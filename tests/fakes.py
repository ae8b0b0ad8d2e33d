"""Stand-ins for the outside world; each passes the same contract tests as the real one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.mail import Letter


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
