"""A day's key: one for all processes of a machine, readable by its owner, gone when the day is over."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from app.counting.keys import DayKeys, destroy_former

TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_random_and_its_owners_only(tmp_path: Path) -> None:
    key = DayKeys(tmp_path / "one").of(TODAY)

    assert len(key) == 32
    assert key != DayKeys(tmp_path / "two").of(TODAY)
    assert (tmp_path / "one" / "key-2026-03-02").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700


def test_processes_that_begin_at_once_have_the_same(tmp_path: Path) -> None:
    program = (
        "import sys, datetime, pathlib; from app.counting.keys import DayKeys;"
        "print(DayKeys(pathlib.Path(sys.argv[1])).of(datetime.date(2026, 3, 2)).hex())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "x")], stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    said = {process.communicate(timeout=60)[0] for process in running}

    assert len(said) == 1
    assert len(said.pop().strip()) == 64
    assert names(tmp_path / "x") == ["key-2026-03-02"]


def test_the_next_day_has_another_and_the_old_one_is_destroyed(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    first, second = keys.of(TODAY), keys.of(TOMORROW)

    assert first != second
    assert names(tmp_path) == ["key-2026-03-03"]


def test_a_request_of_the_last_second_does_not_displace_the_new_days_key(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    second = keys.of(TOMORROW)
    keys.of(TODAY)

    assert keys.of(TOMORROW) == DayKeys(tmp_path).of(TOMORROW) == second


def test_keys_of_days_on_which_nothing_ran_are_destroyed(tmp_path: Path) -> None:
    for name in ("key-2026-02-27", "key-2026-03-02", "key-2026-03-03", "key-2031-01-01", "key-2026-13-99"):
        (tmp_path / name).write_bytes(b"k" * 32)
    (tmp_path / "new-left").write_bytes(b"k" * 32)
    (tmp_path / "new-being-made").write_bytes(b"k" * 32)
    os.utime(tmp_path / "new-left", (0, 0))
    destroy_former(tmp_path, TODAY)

    assert names(tmp_path) == ["key-2026-03-02", "key-2026-03-03", "new-being-made"]
    destroy_former(tmp_path / "not there", TODAY)


def test_a_damaged_key_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "key-2026-03-02").write_bytes(b"half")

    assert len(DayKeys(tmp_path).of(TODAY)) == 32
