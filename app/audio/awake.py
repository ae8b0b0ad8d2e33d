"""Time that passed while we ourselves were running: a stopped worker must not blame its child for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LATE_S = 1.0


@dataclass
class AwakeClock:
    """Seconds since it was made, looked at often; a look that comes late counts a second at most.

    Two looks lie further apart only when this process was stopped (SIGSTOP, a frozen virtual machine) or had
    no processor. `time.monotonic` leaves out a suspended machine (clock_gettime(2)), not the others.
    """

    now: Callable[[], float] = time.monotonic
    _passed_s: float = 0.0
    _looked_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._looked_s = self.now()

    def passed_s(self) -> float:
        """Seconds awake until now."""
        now_s = self.now()
        self._passed_s += min(now_s - self._looked_s, _LATE_S)
        self._looked_s = now_s
        return self._passed_s
