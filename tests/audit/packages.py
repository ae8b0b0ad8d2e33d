"""Pinned versions against what is known of them: a list of our own, since the newest needs a network.

Add a row when an advisory concerns a package of the lock. A range is as in requirements; "or" stands
between several. `./dev audit` asks for the newest advisories.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

LIST = Path(__file__).with_name("advisories.csv")

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Advisory:
    """What is known of some versions of a package, and what it would mean here."""

    package: str
    affected: str
    name: str
    why: str

    def concerns(self, package: str, version: Version) -> bool:
        """Whether this version is one of them."""
        if canonicalize_name(self.package) != canonicalize_name(package):
            return False
        ranges = (SpecifierSet(part.strip()) for part in self.affected.split(" or "))
        return any(found.contains(version, prereleases=True) for found in ranges)


def advisories(path: Path = LIST) -> list[Advisory]:
    """The list."""
    with path.open(newline="") as file:
        return [
            Advisory(row["package"], row["affected"], row["advisory"], row["why"])
            for row in csv.DictReader(file)
        ]


def pins(lock: str) -> Iterator[tuple[str, Version]]:
    """Every package of a lock file and its version; some are pinned twice, for different systems."""
    for name, version in _PIN.findall(lock):
        yield name, Version(version)


def affected(lock: str, known: Iterable[Advisory]) -> list[str]:
    """What is pinned and known to be weak, a line each."""
    listed = list(known)
    return [
        f"{name}=={version}: {advisory.name}, {advisory.why} (affected: {advisory.affected})"
        for name, version in pins(lock)
        for advisory in listed
        if advisory.concerns(name, version)
    ]
