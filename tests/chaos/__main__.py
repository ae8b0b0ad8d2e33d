"""`python -m tests.chaos [--real] [--seconds N] [--seed S]`: every fault, and one line of JSON."""

import argparse
import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, Queue
from random import Random
from typing import Any

from tests.chaos.ground import SOUNDS, Ground
from tests.chaos.holding import outcome
from tests.chaos.nursery import ROOT
from tests.chaos.servers import running_servers
from tests.chaos.table import ROWS
from tests.chaos.trial import Row, Trial, say

#: Rows at once: most of them wait for most of their time.
LANES = 3


def undisturbed(ground: Ground, folder: Path, sounds: Sequence[str] = tuple(SOUNDS)) -> None:
    """Find out what becomes of each sound when nothing happens."""
    trial = Trial(ground, folder, Random(0))
    place = trial.place("undisturbed")
    made = {sound: place.hand_in(sound) for sound in sounds}
    with place.running("worker"):
        trial.wait(place.all_told, 120, "everything ends")
    if trial.broken:
        raise RuntimeError(f"nothing was done to it, and yet {trial.broken}")
    with place.backends.database.reading() as session:
        for sound, recording_id in made.items():
            ground.keep_outcome(sound, outcome(session, place.recording(recording_id)))
    place.close()


def run(row: Row, ground: Ground, folder: Path, seed: int, *, few: bool = False) -> Trial:
    """One row, once; what went wrong that nobody expected is broken too."""
    trial = Trial(ground, folder, Random(f"{seed} {row.name}"), few)
    folder.mkdir(parents=True)
    try:
        if row.mounts:
            _apart(row, trial, seed)
        else:
            row.work(trial)
    except Exception as error:  # the border of a row: the others are still to be run
        last = traceback.extract_tb(error.__traceback__)[-1]
        trial.broken.append(f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")
        say(traceback.format_exc())
    finally:
        trial.close()
    return trial


def _apart(row: Row, trial: Trial, seed: int) -> None:
    """In a process that may mount disks of its own: a user namespace, so that nobody has to be root."""
    command = ["unshare", "-rm", sys.executable, "-m", "tests.chaos", "--row", row.name, "--seed", str(seed)]
    command += ["--ground", str(trial.ground.folder), "--folder", str(trial.folder)]
    done = subprocess.run(
        [*command, *(["--few"] if trial.few else [])],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        trial.broken.append(f"{row.name} could not be run apart: {done.returncode}")
        return
    said = json.loads(done.stdout.splitlines()[-1])
    trial.faults, trial.broken = said["faults"], said["broken"]


def run_all(rows: Sequence[Row], ground: Ground, folder: Path, seed: int, seconds: float) -> dict[str, Any]:
    """Every row once; when the time is over, only kinds that were not there yet, in short. The report."""
    begun_s = time.monotonic()
    kinds: Counter[str] = Counter()
    broken: list[str] = []
    waiting: Queue[tuple[Row, int]] = Queue()
    for row in sorted(rows, key=lambda row: not row.long):
        waiting.put((row, seed))
    lock = threading.Lock()

    def work(lane: int) -> None:
        while True:
            try:
                row, mine = waiting.get_nowait()
            except Empty:
                return
            began_s = time.monotonic()
            late = began_s - begun_s > seconds
            with lock:
                if late and kinds[row.kind]:
                    continue
            trial = run(row, ground, folder / f"{row.name}-{mine}", mine, few=late)
            with lock:
                kinds[row.kind] += trial.faults
                broken.extend(f"{row.kind} {row.name}: {words}" for words in trial.broken)
                if not trial.faults:
                    broken.append(f"{row.kind} {row.name}: nothing was provoked")
            say(
                f"{time.monotonic() - begun_s:5.0f} s  {row.kind:>3}  {row.words}: {trial.faults} faults, "
                f"{len(trial.broken)} broken ({time.monotonic() - began_s:.0f} s)"
            )
            for words in trial.broken[:10]:
                say(f"             {words}")

    lanes = [threading.Thread(target=work, args=(number,)) for number in range(LANES)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return {
        "faults": sum(kinds.values()),
        "broken": len(broken),
        "seed": seed,
        "seconds": round(time.monotonic() - begun_s),
        "kinds": {kind: kinds[kind] for kind in sorted(kinds, key=lambda kind: int(kind[1:]))},
        "examples": broken[:5],
    }


def main() -> int:
    """The whole table, or one row of it for another process of ours."""
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--real", action="store_true", help="on PostgreSQL and an S3 server, many workers")
    parser.add_argument(
        "--seconds",
        type=float,
        default=300,
        help="then only kinds that were not there yet",
    )
    parser.add_argument("--seed", type=int, default=None, help="the same seed, the same faults")
    parser.add_argument("--only", nargs="*", default=[], help="kinds (F8) or names of rows")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    parser.add_argument("--ground", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--few", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    faulthandler.register(signal.SIGUSR1)  # where does it hang?
    if asked.row:
        [row] = [row for row in ROWS if row.name == asked.row]
        with Ground(asked.ground) as ground:
            trial = Trial(ground, asked.folder, Random(f"{asked.seed} {row.name}"), asked.few)
            row.work(trial)
        print(json.dumps({"faults": trial.faults, "broken": trial.broken}))
        return 0
    seed = random.SystemRandom().randrange(10_000) if asked.seed is None else asked.seed
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="hearth-chaos-", ignore_cleanup_errors=True)
        named = stack.enter_context(made)
        folder = Path(named)
        servers = stack.enter_context(running_servers(folder / "servers")) if asked.real else None
        ground = stack.enter_context(Ground(folder / "ground", servers))
        rows = [row for row in ROWS if not asked.only or {row.kind, row.name} & set(asked.only)]
        rows = [row for row in rows if not (row.embedded if asked.real else row.real)]
        say(f"Seed {seed}. First what happens when nothing happens.")
        undisturbed(ground, folder / "first")
        report = run_all(rows, ground, folder, seed, asked.seconds)
    print(json.dumps(report))
    return 0 if report["broken"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
