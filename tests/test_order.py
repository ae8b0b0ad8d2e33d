"""The order in which processes that share the tests begin them."""

from tests.order import HERE, LONGEST, WAITING, in_turn


def test_what_is_named_exists() -> None:
    assert [name for name in LONGEST if not (HERE / name).is_file()] == []
    assert [name for name in WAITING if not (HERE / name).is_dir()] == []


def test_the_longest_come_first_and_who_waits_takes_turns() -> None:
    names = (
        "web/test_a.py",
        "feeds/test_b.py",
        "web/test_route_matrix.py",
        "audio/test_c.py",
        "audio/test_d.py",
    )
    tests = {HERE / name: count for count, name in enumerate(names, 1)}

    assert [path.stem for path in in_turn(tests)] == [
        "test_route_matrix",
        "test_d",
        "test_b",
        "test_c",
        "test_a",
    ]
