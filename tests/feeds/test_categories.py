import pytest

from feeds.categories import APPLE_CATEGORIES, check_category, is_category
from feeds.errors import CategoryError


def test_the_tree_has_apples_size() -> None:
    assert len(APPLE_CATEGORIES) == 19
    assert sum(map(len, APPLE_CATEGORIES.values())) == 91


@pytest.mark.parametrize(
    ("category", "subcategory"),
    [("Health & Fitness", "Medicine"), ("Education", "Courses"), ("Technology", None), ("Arts", None)],
)
def test_what_the_tree_holds_is_a_category(category: str, subcategory: str | None) -> None:
    check_category(category, subcategory)

    assert is_category(category, subcategory)


@pytest.mark.parametrize(
    ("category", "subcategory"),
    [
        ("Health", None),
        ("health & fitness", None),
        ("Health &amp; Fitness", None),
        ("Medicine", None),
        ("Education", "Medicine"),
        ("Technology", "Podcasting"),
        ("", ""),
    ],
)
def test_what_the_tree_does_not_hold_is_refused_by_name(category: str, subcategory: str | None) -> None:
    assert not is_category(category, subcategory)
    with pytest.raises(CategoryError) as refused:
        check_category(category, subcategory)
    assert category in str(refused.value)
