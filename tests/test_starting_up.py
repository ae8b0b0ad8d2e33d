"""How a process of the service begins."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOK = """
import gc
from app import create_app
first = create_app()
frozen = gc.get_freeze_count()
second = create_app()
print(gc.isenabled(), frozen > 100_000, gc.get_freeze_count() <= frozen)
"""


def test_what_the_imports_made_is_left_alone_by_the_collector_and_nothing_else(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(ROOT), "HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32}

    said = subprocess.run(
        [sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.split() == ["True", "True", "True"]
