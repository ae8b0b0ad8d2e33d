"""`python -m tests.walk --count 200000 --seed 7`: the same walk as the tests', as long as one likes.

Prints each wrong answer with the request that does it again, and one line of JSON at the end.
`--again LINE` sends such a request to a fresh service and prints the answer.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from app.db import Database
from app.migrate import migrate
from app.pipeline.engine import create_tables
from tests.walk.asked import read
from tests.walk.service import serving
from tests.walk.whole import again, walk_through
from tests.web.places import ROLES


def main() -> int:
    """Walk; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="requests, shared among the roles")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=ROLES, action="append", help="only this role; may be given again")
    parser.add_argument("--again", metavar="LINE", help="a request that was printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        migrated = _migrated(Path(folder))
        if asked.again:
            with serving(_standing(Path(folder) / "again", migrated)) as service:
                answer, trace = again(service, read(asked.again))
            print(answer.status, answer.kind, answer.body.decode("utf-8", "replace")[:4000], trace, sep="\n")
            return 0
        roles = asked.role or ROLES
        failures, statuses, routes = 0, Counter[int](), set[tuple[str, str]]()
        for role in roles:
            said = _standing(Path(folder) / role, migrated)
            found = walk_through(said, role, asked.seed, -(-asked.count // len(roles)))
            statuses.update(found.statuses)
            routes |= found.reached.keys()
            failures += len(found.failures)
            for failure in found.failures:
                print(failure, flush=True)
    told = {"requests": statuses.total(), "routes": len(routes), "statuses": statuses, "wrong": failures}
    print(json.dumps(told | {"seed": asked.seed}))
    return 1 if failures else 0


def _migrated(folder: Path) -> Path:
    path = folder / "migrated.db"
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    create_tables(database)
    database.dispose()
    return path


def _standing(data: Path, migrated: Path) -> dict[str, str]:
    data.mkdir()
    shutil.copy(migrated, data / "hearth.db")
    return {"HEARTH_DATA": str(data), "HEARTH_SECRET": "not a secret, only for the walk"}


if __name__ == "__main__":
    sys.exit(main())
