"""Which file of tests is begun first where several processes share them.

The longest come first, so that no process is left alone with one at the end; and those that wait for others
take turns with those that keep a processor busy.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Folders whose tests wait for servers, browsers and children.
WAITING = frozenset(
    ("audio", "backup", "browser", "chaos", "clients", "deployment", "durability", "pipeline", "storage")
)
#: Half a minute to two; among all others, how many tests a file has tells well enough.
LONGEST = (
    "audio/test_fuzz.py",
    "walk/test_walk.py",
    "web/test_route_matrix.py",
    "chaos/test_faults.py",
    "pipeline/test_killed.py",
    "test_publish_command.py",
    "pipeline/test_waiting.py",
    "transcription/test_engine.py",
    "threats/test_grid.py",
    "pipeline/test_postgres.py",
    "web/test_wrong_bodies.py",
    "test_dev.py",
    "browser/test_keyboard.py",
    "browser/test_whole_way.py",
    "backup/test_moving.py",
    "durability/test_proof.py",
)


def in_turn(tests: Mapping[Path, int]) -> list[Path]:
    """The files, of which it is given how many tests each has, in the order in which they are begun."""
    longest = {HERE / name: at for at, name in enumerate(LONGEST)}
    files = sorted(tests, key=lambda path: (longest.get(path, len(longest)), -tests[path], path))
    turns: Counter[bool] = Counter()
    place = {}
    for path in files:
        waits = path.parent.name in WAITING
        place[path] = turns[waits], waits
        turns[waits] += 1
    return sorted(files, key=lambda path: place[path])
