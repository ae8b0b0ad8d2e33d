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
