"""Two thousand damaged files through the inspection, and fifty of them exactly as the service does it."""

import json
import subprocess
import sys

import pytest


@pytest.mark.timeout(900)  # a busy machine takes its time; on two free cores it is about a minute
@pytest.mark.parametrize(
    "options",
    [("--count", "2000", "--seed", "1"), ("--count", "50", "--seed", "1", "--first", "5000", "--sandbox")],
)
def test_every_damaged_file_is_taken_refused_or_kills_only_its_child(options: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.audio.fuzz", *options]

    finished = subprocess.run(command, capture_output=True, text=True, timeout=880, check=False)

    report = json.loads(finished.stdout)
    assert report["unclassified"] == []
    assert finished.returncode == 0
    assert report["classes"]["taken"] > 0
    assert report["classes"]["refused: broken"] > 0
