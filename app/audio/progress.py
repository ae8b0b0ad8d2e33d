"""How far a child has come, from ffmpeg's `-progress` lines, and the processor time that this earns it.

Where no length is known, the place in the file to which the child has read tells the fraction.

A file may declare any length: only what was decoded counts (sandbox recipe: 60 s, and 6 s for each decoded
minute).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.audio.awake import AwakeClock
from app.audio.errors import ChildTimeout

_STALLED_AFTER_S = 120.0
_SILENT_S = 1.0
"""A short recording is done by then: nobody needs to know how far it was half-way."""
_LOOKED_EVERY_S = 0.5
_FIRST_CPU_S = 60.0
_CPU_S_PER_MINUTE = 6.0


@dataclass
class Progress:
    """Follows one child; `report` gets the fraction done, of `total_ms` or else of the bytes of `path`."""

    total_ms: int | None = None
    report: Callable[[float], None] | None = None
    path: Path | None = None
    position_ms: int = 0
    clock: AwakeClock = field(default_factory=AwakeClock)
    moved_at_s: float = 0.0
    looked_at_s: float = 0.0
    share: float = 0.0

    def on_line(self, line: str) -> None:
        """Take one line of `-progress`. Raises ChildTimeout when nothing was decoded for two minutes."""
        name, _, value = line.partition("=")
        if (name, value) == ("progress", "end"):
            self._report()
        if name != "out_time_us":
            return
        now_s = self.clock.passed_s()
        position_ms = int(value) // 1000 if value.lstrip("-").isdigit() else 0
        if position_ms > self.position_ms:
            self.position_ms, self.moved_at_s = position_ms, now_s
            if now_s > _SILENT_S:
                self._report()
        elif now_s - self.moved_at_s > _STALLED_AFTER_S:
            raise ChildTimeout(after_s=now_s - self.moved_at_s)

    def _report(self) -> None:
        if self.report is not None and self.total_ms:
            self.report(min(1.0, self.position_ms / self.total_ms))

    def on_tick(self, pid: int) -> None:
        """Look where the child stands in the file, at most twice a second, if nothing else tells."""
        if self.path is None or self.report is None or self.total_ms:
            return
        now_s = self.clock.passed_s()
        if now_s - self.looked_at_s >= _LOOKED_EVERY_S:
            self.looked_at_s = now_s
            self.share = max(self.share, share_read(pid, self.path))
            self.report(self.share)

    def allowed_cpu_s(self) -> float:
        """Processor time that what was decoded so far justifies."""
        return cpu_s_for(self.position_ms)


def cpu_s_for(duration_ms: int) -> float:
    """Processor time that sound of this length may take."""
    return _FIRST_CPU_S + _CPU_S_PER_MINUTE * duration_ms / 60_000


def share_read(pid: int, path: Path) -> float:
    """The share of a file before a process's place in it (proc(5), fdinfo); 0 where none is seen."""
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            if link.readlink() == path:
                place = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().split()[1]
                return min(1.0, int(place) / path.stat().st_size)
    except (OSError, ZeroDivisionError):  # it has just ended, or there is no /proc
        return 0.0
    return 0.0
