"""The Nu HTML checker on many files at once: Java starts once, which costs seconds."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from app.web.vendor import TEST_TOOLS, install

JAVA = "/usr/bin/java"
_LIMIT_S = 300


def problems(folder: Path, allowed: Sequence[str] = ()) -> list[str]:
    """What is wrong with the pages, style sheets and drawings of this folder: one line for each kind, with
    the files that have it. Words that begin with one of `allowed` are let pass.
    """
    install(tests=True)
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".css", ".svg"))
    assert files, f"there is nothing in {folder}"
    # one compiler is enough: the process is gone before the second would pay; schemas need a deep stack
    command = [JAVA, "-XX:TieredStopAtLevel=1", "-Xss4m", "-jar", str(TEST_TOOLS / "vnu.jar")]
    command += ["--format", "json", "--stdout", "--exit-zero-always", "--also-check-css", "--also-check-svg"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, timeout=_LIMIT_S, check=True)
    places: defaultdict[str, list[str]] = defaultdict(list)
    for said in json.loads(done.stdout)["messages"]:
        if not said["message"].startswith(tuple(allowed)):
            kind = f"{said.get('subType') or said['type']}: {said['message']} {said.get('extract', '')!r}"
            places[kind].append(Path(said.get("url", "")).stem)
    return [f"{kind} in {', '.join(sorted(set(names)))}" for kind, names in sorted(places.items())]
