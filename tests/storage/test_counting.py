"""Failures of the store are counted once each, whatever calls whatever."""

import shutil
from collections.abc import Iterator

import pytest

from app.backends import Backends
from app.metrics import STORE_ERRORS
from app.storage.counting import errors_counted
from app.storage.errors import ObjectMissing, StoreFull, StoreUnavailable

KEY = "recordings/00000000-0000-0000-0000-000000000001/source"


def counted() -> dict[str, float]:
    """How often each operation failed so far."""
    return {
        sample.labels["operation"]: sample.value
        for family in STORE_ERRORS.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def rises(before: dict[str, float]) -> dict[str, float]:
    """What has been added since."""
    now = counted()
    return {name: now[name] - before.get(name, 0) for name in now if now[name] != before.get(name, 0)}


@errors_counted
class Shaky:
    """A store that is away; one call of it asks another."""

    def begin(self, key: str) -> str:
        """Full."""
        raise StoreFull(key)

    def exists(self, key: str) -> bool:
        """By another call."""
        return bool(self.begin(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        """Away after the first."""
        yield prefix
        raise StoreUnavailable(prefix)

    def head(self, key: str) -> None:
        """Nothing is wrong with the store."""
        raise ObjectMissing(key)


def test_a_store_whose_folder_is_gone_counts(backends: Backends) -> None:
    shutil.rmtree(backends.settings.data / "store")
    before = counted()

    with pytest.raises(StoreUnavailable):
        backends.store.put_bytes(KEY, b"sound")

    assert rises(before) == {"put_bytes": 1}


def test_a_failure_counts_once_and_a_missing_object_is_none() -> None:
    shaky, before = Shaky(), counted()

    with pytest.raises(StoreFull):
        shaky.exists(KEY)
    with pytest.raises(StoreUnavailable):
        list(shaky.list("x"))
    with pytest.raises(ObjectMissing):
        shaky.head(KEY)

    assert rises(before) == {"begin": 1, "list": 1}
