"""Which names of asking programs (User-Agent) are no listeners', by the kept list in agents.txt."""

import re
from functools import cache, lru_cache
from pathlib import Path

_LIST = Path(__file__).with_name("agents.txt")

#: What stands behind this in a name is not looked at.
MOST_LETTERS = 400


@lru_cache(maxsize=2048)
def is_software(agent: str) -> bool:
    """Whether no person listens behind this name. Who gives no name is taken for a program (IAB 2.1)."""
    name = agent[:MOST_LETTERS].strip()
    return not name or _any_of_list().search(name) is not None


def patterns() -> tuple[str, ...]:
    """The lines of the list, without its remarks."""
    lines = (line.strip() for line in _LIST.read_text("ascii").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def _any_of_list() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns()), re.IGNORECASE | re.ASCII)
