"""The proof can fail: each of its doubts arises where there is a reason for it."""

from tests.durability.journal import Entry, Fault, done_again, doubts

WANTED = [("work-0", "master")]


def run(pid: int, began_s: float, *, effect: bool = True, ends: bool = True) -> list[Entry]:
    """What one execution of the step writes."""
    whats = ["began", *(["effect"] if effect else []), *(["ended"] if ends else [])]
    return [Entry("work-0", "master", what, pid, began_s + number / 10) for number, what in enumerate(whats)]


def test_a_step_done_once_leaves_no_doubt() -> None:
    assert doubts(run(1, 0), [], WANTED) == []
    assert done_again(run(1, 0)) == 0


def test_a_step_cut_short_by_a_fault_may_be_done_again() -> None:
    entries = run(1, 0, effect=False, ends=False) + run(2, 5)

    assert doubts(entries, [Fault(1, 0.05, 0.05)], WANTED) == []
    assert done_again(entries) == 1


def test_a_step_whose_worker_woke_up_may_be_done_again_but_has_its_effect_once() -> None:
    woken = run(1, 0, effect=False)

    assert doubts(woken + run(2, 4), [Fault(1, 0.05, 6)], WANTED) == []
    assert doubts(run(1, 0) + run(2, 4), [Fault(1, 0.05, 6)], WANTED) == [
        "work-0 had the effect of master 2 times"
    ]


def test_work_that_is_lost_or_that_nobody_asked_for_is_found() -> None:
    assert doubts([], [], WANTED) == ["work-0 had the effect of master 0 times"]
    assert doubts(run(1, 0), [], []) == ["work-0 had the effect of master 1 times"]


def test_work_that_is_repeated_without_a_cause_is_found() -> None:
    entries = run(1, 0) + run(2, 5, effect=False)
    unexplained = "work-0 did master 2 times, and no fault explains that"

    assert doubts(entries, [Fault(1, 9, 9)], WANTED) == [unexplained]  # long after it had ended
    assert doubts(entries, [Fault(3, 0.05, 0.05)], WANTED) == [unexplained]  # another process
    assert doubts(entries, [], WANTED) == [unexplained, "1 steps were done again after 0 faults"]
