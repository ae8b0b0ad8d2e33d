"""A whole walk of one role: from a fresh service to what must hold when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.pipeline import checking
from tests.walk.asked import Answer, Asked
from tests.walk.rights import Who, all_rows, changes, unlawful
from tests.walk.service import Service, serving
from tests.walk.walker import Trace, Walk


@dataclass(frozen=True)
class Found:
    """What a walk met."""

    failures: list[str]
    statuses: dict[int, int]
    reached: dict[tuple[str, str], int]


def walk_through(said: Mapping[str, str], role: str, seed: int, count: int) -> Found:
    """So many requests of this role; all that was answered wrongly, is broken or was not theirs to change."""
    with serving(said) as service:
        failures = [f"before the walk: {words}" for words in checking.broken(service.backends)]
        before = all_rows(service.backends.database)
        walk = Walk(service, role, seed)
        walk.go(count)
        failures += [str(failure) for failure in walk.failures]
        account = service.world.accounts.get(role)
        who = Who(account.id if account else None, service.world.community.id, service.before)
        found = changes(before, all_rows(service.backends.database))
        failures += [f"{role} may not: {words}" for words in unlawful(role, found, who)]
        failures += [f"after the walk: {words}" for words in checking.broken(service.backends)]
    if failures:
        failures.append(f"the same way: python -m tests.walk --role {role} --seed {seed} --count {count}")
    return Found(failures, walk.statuses, walk.reached)


def again(service: Service, asked: Asked) -> tuple[Answer, str]:
    """The answer of a fresh service to a request that was printed, and what its log said."""
    filled = Asked(
        asked.role,
        asked.method,
        service.filled(asked.target),
        asked.kind,
        service.filled(asked.body),
        asked.headers,
        asked.token,
    )
    with Trace() as trace:
        return service.send(filled), trace.text
