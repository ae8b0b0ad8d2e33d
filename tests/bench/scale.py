"""`./dev bench scale [--only PART ...]`: how Hearth grows, part by part, and one line of JSON.

A part gives keys of that line; what takes minutes says so while it works.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import serving, workers
from tests.bench.many import prove as prove_many
from tests.bench.workers import say
from tests.search.bench import run as search_bench

#: About 2,500 hours of speech.
SENTENCES = 1_000_000


def search() -> dict[str, Any]:
    """Milliseconds for each kind of query over a million sentences, on both databases."""
    p50: dict[str, dict[str, float]] = {}
    p95: dict[str, dict[str, float]] = {}
    for engine in ("sqlite", "postgresql"):
        say(f"indexing {SENTENCES:,} sentences on {engine}")
        found = search_bench(SENTENCES, engine=engine)
        p50[engine] = _percentile(found, "_p50_ms")
        p95[engine] = _percentile(found, "_p95_ms")
    return {"search_p50_ms": p50, "search_p95_ms": p95}


def _percentile(found: dict[str, float], ending: str) -> dict[str, float]:
    return {name.removesuffix(ending): ms for name, ms in found.items() if name.endswith(ending)}


def many() -> dict[str, Any]:
    """The proof of 200 short recordings, sent by the API, with three workers."""
    say("sending 200 short recordings")
    return {"many": prove_many(workers.weights_folder())}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "workers": workers.efficiency,
    "whisper": workers.whisper,
    "many": many,
    "search": search,
    "serving": serving.run,
}


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench scale", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    found: dict[str, Any] = {}
    for name in parser.parse_args(arguments).only:
        found |= PARTS[name]()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
