"""How far a child has come, and when it is taken for stuck."""

import pytest

from app.audio.awake import AwakeClock
from app.audio.errors import ChildTimeout
from app.audio.progress import Progress


class FakeTime:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_look_that_comes_late_counts_a_second_at_most() -> None:
    time = FakeTime()
    clock = AwakeClock(time)
    time.now_s += 0.5
    assert clock.passed_s() == 0.5

    time.now_s += 3600

    assert clock.passed_s() == 1.5


def test_nothing_decoded_for_two_minutes_is_a_child_that_is_stuck() -> None:
    time = FakeTime()
    progress = Progress(clock=AwakeClock(time))
    for _ in range(240):
        progress.on_line("out_time_us=1000000")
        time.now_s += 0.5

    time.now_s += 0.5
    with pytest.raises(ChildTimeout):
        progress.on_line("out_time_us=1000000")


def test_a_night_of_sleep_is_not_a_child_that_is_stuck() -> None:
    time = FakeTime()
    progress = Progress(clock=AwakeClock(time))
    progress.on_line("out_time_us=1000000")

    time.now_s += 8 * 3600
    progress.on_line("out_time_us=1000000")

    assert progress.position_ms == 1000


def test_a_short_recording_reports_only_that_it_is_done() -> None:
    time, seen = FakeTime(), list[float]()
    progress = Progress(2000, seen.append, clock=AwakeClock(time))
    for line in ("out_time_us=1300000", "progress=continue", "out_time_us=2000000", "progress=end"):
        time.now_s += 0.2
        progress.on_line(line)

    assert seen == [1.0]


def test_a_long_recording_reports_on_its_way() -> None:
    time, seen = FakeTime(), list[float]()
    progress = Progress(8000, seen.append, clock=AwakeClock(time))
    for seconds in (2, 4, 6, 9):
        time.now_s += 0.9
        progress.on_line(f"out_time_us={seconds}000000")

    assert seen == [0.5, 0.75, 1.0]
