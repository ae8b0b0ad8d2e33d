"""Every threat is held by tests that are there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.threats.happened import FINDINGS, PEERS
from tests.threats.register import NOT_HERE, ROWS

TESTS = Path(__file__).resolve().parents[1]
ALL = ROWS | PEERS | FINDINGS


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_row_is_held_or_says_why_not() -> None:
    rows = [row.split(" ")[0] for row in (*ROWS, *NOT_HERE)]

    assert sorted(rows, key=lambda row: int(row[1:])) == [f"T{number}" for number in range(1, 41)]
    assert [name.split(" ")[0] for name in FINDINGS] == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize("row", ALL)
def test_the_names_in_a_row_are_there(row: str) -> None:
    named = ALL[row].split()

    assert named
    assert len(set(named)) == len(named)
    for one in named:
        path, _, name = one.partition("::")
        assert name.startswith("test_")
        assert name in names_in(path), one
