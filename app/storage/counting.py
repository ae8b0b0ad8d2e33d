"""How often a store did not answer as it should, by operation, for whoever watches the service.

A decorator of the store's own class, not a store around it: what lies behind must stay what it is.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from app.metrics import STORE_ERRORS
from app.storage.errors import StoreUnavailable

#: What is counted. A file on loan (`local_path`) is a `download` or read by its borrower.
OPERATIONS = (
    "put_file", "put_bytes", "head", "exists", "open_range", "read_range", "download", "copy", "delete",
    "list", "begin", "parts", "received_bytes", "complete", "abort", "abandoned", "receive_part", "check",
)  # fmt: skip

Store = TypeVar("Store", bound=type)
Call = TypeVar("Call", bound=Callable[..., Any])


def errors_counted(store: Store) -> Store:
    """The same class, whose failures count under the operation that was asked for."""
    for name in OPERATIONS:
        if name in vars(store):
            setattr(store, name, failures_as(name)(vars(store)[name]))
    return store


def failures_as(operation: str) -> Callable[[Call], Call]:
    """Count StoreUnavailable and StoreFull once, under the operation nearest to them."""

    def decorate(call: Call) -> Call:
        if inspect.isgeneratorfunction(call):

            @functools.wraps(call)
            def each(*given: Any, **named: Any) -> Iterator[Any]:
                try:
                    yield from call(*given, **named)
                except StoreUnavailable as error:
                    _count(operation, error)
                    raise

            return each  # type: ignore[return-value]

        @functools.wraps(call)
        def once(*given: Any, **named: Any) -> Any:
            try:
                return call(*given, **named)
            except StoreUnavailable as error:
                _count(operation, error)
                raise

        return once  # type: ignore[return-value]

    return decorate


def _count(operation: str, error: StoreUnavailable) -> None:
    if not error.is_counted:
        error.is_counted = True
        STORE_ERRORS.labels(operation).inc()
