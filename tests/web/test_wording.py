"""Numbers and times as people read them, and what pages draw from data."""

from datetime import UTC, datetime

import pytest

from app.web.drawing import BAR_HEIGHT, BARS, sign_of, waveform_path
from app.web.wording import (
    bytes_in_words,
    clock,
    clock_in_words,
    date_in_words,
    duration_in_words,
    iso_duration,
)


def test_a_date_has_no_leading_zero() -> None:
    assert date_in_words(datetime(2026, 3, 2, tzinfo=UTC)) == "2 March 2026"


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (0, "1 second"),
        (45_000, "45 seconds"),
        (60_000, "1 minute"),
        (12 * 60_000 + 20_000, "12 minutes"),
        (59 * 60_000 + 40_000, "1 hour"),
        (65 * 60_000, "1 hour 5 minutes"),
        (121 * 60_000, "2 hours 1 minute"),
    ],
)
def test_a_duration_is_said_to_the_minute(duration_ms: int, words: str) -> None:
    assert duration_in_words(duration_ms) == words


@pytest.mark.parametrize(
    ("time_ms", "shown"), [(0, "0:00"), (83_999, "1:23"), (3_909_000, "1:05:09"), (36_000_000, "10:00:00")]
)
def test_a_clock_shows_hours_only_from_an_hour_on(time_ms: int, shown: str) -> None:
    assert clock(time_ms) == shown


def test_a_clock_can_be_heard() -> None:
    assert clock_in_words(3_661_000) == "1 hour 1 minute 1 second"
    assert clock_in_words(0) == "the beginning"


def test_iso_durations_are_those_of_schema_org() -> None:
    assert [iso_duration(time_ms) for time_ms in (0, 9_000, 3_909_000)] == ["PT0S", "PT9S", "PT1H5M9S"]


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (12_345_678, "12.3 MB"),
        (999_999, "1.0 MB"),
        (4_294_967_296, "4.3 GB"),
    ],
)
def test_sizes_are_decimal(size_bytes: int, words: str) -> None:
    assert bytes_in_words(size_bytes) == words


@pytest.mark.parametrize("peaks", [[0], [100], [0] * 10, list(range(101)) * 30])
def test_a_waveform_has_all_its_bars_inside_its_box(peaks: list[int]) -> None:
    bars = waveform_path(peaks).split("M")[1:]

    assert len(bars) == BARS
    for bar in bars:
        place, height = bar.split("v")
        top = float(place.split()[1])
        assert top >= 0
        assert top + float(height) <= BAR_HEIGHT + 0.1


def test_without_peaks_nothing_is_drawn() -> None:
    assert waveform_path([]) == ""


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("The Ward Round", "WR"),
        ("Kindness", "K"),
        ("The", "T"),
        ("—", "—"),
        ("ärzte über nacht", "ÄÜ"),
        ("", ""),
    ],
)
def test_a_sign_has_the_first_letters_of_the_title(title: str, letters: str) -> None:
    assert sign_of(title).letters == letters
