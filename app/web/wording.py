"""Numbers and times in words, for templates. Knows no page."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo


def date_in_words(moment: datetime | date) -> str:
    """2 March 2026, as the moment's own zone has it."""
    return f"{moment.day} {moment:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """2 March 2026, 09:05 GMT: with the zone's name, which changes with daylight saving."""
    return f"{date_in_words(moment)}, {moment:%H:%M %Z}"


def weekday_in_words(moment: datetime) -> str:
    """Monday 2 March 2026 at 09:05 (GMT)."""
    return f"{moment:%A} {date_in_words(moment)} at {moment:%H:%M (%Z)}"


def duration_in_words(duration_ms: int) -> str:
    """To the minute, as one would say it: "12 minutes", "1 hour 5 minutes"; seconds below one minute."""
    if duration_ms < 60_000:
        return _counted(max(1, round(duration_ms / 1000)), "second")
    hours, minutes = divmod(round(duration_ms / 60_000), 60)
    parts = [_counted(hours, "hour")] if hours else []
    if minutes:
        parts.append(_counted(minutes, "minute"))
    return " ".join(parts)


def clock(time_ms: int) -> str:
    """1:23, or 1:05:09 from an hour on."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def clock_in_words(time_ms: int) -> str:
    """The same for a screen reader: "1 minute 23 seconds"."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    named = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return " ".join(_counted(number, name) for number, name in named if number) or "the beginning"


def iso_duration(duration_ms: int) -> str:
    """ISO 8601, as schema.org wants it: PT1H5M9S."""
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    named = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{number}{name}" for number, name in named if number) or "0S")


def bytes_in_words(size_bytes: int) -> str:
    """Decimal units with one digit, as browsers and phones show them: 12.3 MB."""
    if size_bytes < 1000:
        return _counted(size_bytes, "byte")
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95 or unit == "GB":
            break
    return f"{size:.1f} {unit}"


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def filters(zone: ZoneInfo) -> dict[str, Callable[..., str]]:
    """What templates may say, with times of day as this zone has them."""

    def here(words: Callable[[datetime], str]) -> Callable[[datetime | date], str]:
        return lambda moment: (
            words(moment.astimezone(zone)) if isinstance(moment, datetime) else date_in_words(moment)
        )

    return {
        "date": here(date_in_words),
        "moment": here(moment_in_words),
        "weekday": here(weekday_in_words),
        "duration": duration_in_words,
        "clock": clock,
        "clock_in_words": clock_in_words,
        "bytes": bytes_in_words,
    }
