"""What the journal of the stand-in workers proves: every effect once, and nothing done again without a cause.

Knows neither the engine nor the database: it reads entries and faults, so that it can be tested itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: A step that ended so shortly before a fault may not have been written down by the engine yet, and a
#: process that wakes up works on for so long before it hears that it was taken over.
SLACK_S = 2.0


@dataclass(frozen=True)
class Entry:
    """One line of the journal: what a process did with a step ("began", "effect", "ended"), and when."""

    work: str
    step: str
    what: str
    pid: int
    at_s: float


@dataclass(frozen=True)
class Fault:
    """A process that was killed, or that stood still from one moment to another."""

    pid: int
    began_s: float
    ended_s: float


@dataclass(frozen=True)
class Run:
    """One execution of a step; without an end it was cut short."""

    pid: int
    began_s: float
    ended_s: float = float("inf")

    def was_in_work_at(self, fault: Fault) -> bool:
        """Whether the fault may have kept its end from being known."""
        begun = self.began_s <= fault.ended_s + SLACK_S
        return self.pid == fault.pid and begun and fault.began_s <= self.ended_s + SLACK_S


def runs(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Run]]:
    """The executions of each step of each work, in the order in which they began."""
    found: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.at_s):
        mine = found[entry.work, entry.step]
        if entry.what == "began":
            mine.append(Run(entry.pid, entry.at_s))
        elif entry.what == "ended":
            last = max(number for number, run in enumerate(mine) if run.pid == entry.pid)
            mine[last] = Run(entry.pid, mine[last].began_s, entry.at_s)
    return found


def done_again(entries: Iterable[Entry]) -> int:
    """How many steps were begun more than once: the price of the faults."""
    return sum(len(tries) > 1 for tries in runs(entries).values())


def doubts(entries: Sequence[Entry], faults: Sequence[Fault], wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Everything that should not be: an effect that is missing or double, work repeated without a cause."""
    effects = Counter((entry.work, entry.step) for entry in entries if entry.what == "effect")
    wanted = set(wanted)
    found = [
        f"{work} had the effect of {step} {effects[work, step]} times"
        for work, step in sorted(wanted | set(effects))
        if effects[work, step] != 1 or (work, step) not in wanted
    ]
    for (work, step), tries in runs(entries).items():
        whole = [run for run in tries if not any(run.was_in_work_at(fault) for fault in faults)]
        if len(tries) > 1 and len(whole) > 1:
            found.append(f"{work} did {step} {len(tries)} times, and no fault explains that")
    again = done_again(entries)
    if again > len(faults):
        found.append(f"{again} steps were done again after {len(faults)} faults")
    return found
