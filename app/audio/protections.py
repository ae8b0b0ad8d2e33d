"""Which protections of the sandbox this kernel grants, and in words what is missing: the operator must know.

A child without one of them still runs, since not every kernel has them all (launcher.py).
"""

import functools
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

from app.audio.sandbox import Job, Limits, launch, specification

ALL = frozenset({"network", "files", "calls"})

_MISSING = {
    "files": "it could read other files (the kernel has no Landlock: Linux 5.13 or later, switched on)",
    "calls": "it could call anything of the kernel (no seccomp, or none that we know for this processor)",
    "network": "it is in the machine's own network (user namespaces are not allowed)",
}
_FOUND_OUT_IN_S = 10

log = logging.getLogger("hearth.audio")


@functools.cache
def protections() -> frozenset[str]:
    """What this kernel grants a child: some of network, files, calls. Asked once in a process."""
    folder = Path(tempfile.gettempdir())
    nothing = Job(Path(sys.executable), (), folder, Limits(cpu_s=5, wall_s=_FOUND_OUT_IN_S))
    command = launch({**specification(nothing), "report": True})
    try:
        report = subprocess.run(command, env={}, capture_output=True, timeout=_FOUND_OUT_IN_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("the protections of the sandbox could not be found out: %s", error)
        return frozenset()
    return frozenset(json.loads(report.stdout))


def in_words(granted: frozenset[str]) -> str:
    """For the page of health: whether a hostile recording is shut in, or what it could do."""
    if granted >= ALL:
        return "Recordings are opened without any right that they do not need."
    missing = "; ".join(words for name, words in _MISSING.items() if name not in granted)
    refused = " Sockets are refused all the same." if granted & ALL == {"files", "calls"} else ""
    return f"The program that opens recordings has more rights than it needs: {missing}.{refused}"


@functools.cache
def warn() -> None:
    """One line in the log of this process where a protection is missing."""
    if not protections() >= ALL:
        log.warning("sandbox: %s", in_words(protections()))
