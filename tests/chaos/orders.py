"""What a stand-in process is to do wrong, in a file that it reads again at every call.

`killed` names a file of labels: the process kills itself at the first of its numbered points that is not
yet in there, after writing it down. So each process comes one point further than the one before it, and
every point is hit once, however many processes there are. Where it is to `freeze`, it stops itself instead,
once in its life.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.pipeline.engine import DEAD_AFTER_S


@dataclass
class StoreFault:
    """Calls of one operation that go wrong: from the `first`, so many `times`."""

    operation: str
    #: "down" fails before anything is done, "cut" afterwards (the answer is lost), "slow" takes its time.
    mode: str
    first: int = 1
    times: int = 1


@dataclass
class Orders:
    """All of it; as it stands, nothing goes wrong."""

    #: What listening to one window takes.
    window_s: float = 0.05
    #: How far the process's clock is off.
    clock_s: float = 0.0
    #: The speech model is not there.
    deaf: bool = False
    killed: str = ""
    freeze: bool = False
    #: Only points whose label holds one of these; all where there is none.
    only: list[str] = field(default_factory=list)
    store: list[StoreFault] = field(default_factory=list)
    #: How long a worker may be silent before others take over.
    dead_after_s: float = DEAD_AFTER_S

    def write(self, path: Path) -> None:
        """At once and whole."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


def read_orders(path: Path) -> Orders:
    """As they are now."""
    said: dict[str, Any] = json.loads(path.read_text())
    return Orders(**{**said, "store": [StoreFault(**fault) for fault in said["store"]]})


def labels(path: Path) -> list[str]:
    """The points at which somebody was killed, in their order."""
    return path.read_text().splitlines() if path.exists() else []
