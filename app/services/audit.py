"""Who did what, when: written with the change itself, in the same transaction, and never changed.

An entry says names as they were, no transcript text, no addresses of listeners.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Account, AuditEntry

PER_PAGE = 50
#: The name under which the service itself acts.
BY_ITSELF = "Hearth"


@dataclass(frozen=True)
class Subject:
    """What a change is about: its name, its page in this service, its community."""

    name: str
    path: str = ""
    community_id: uuid.UUID | None = None


def add(session: Session, account: Account | None, what: str, subject: Subject, now: datetime) -> None:
    """One entry; the caller commits it with the change."""
    session.add(
        AuditEntry(
            at=now,
            account_id=account.id if account else None,
            who=((account.name or account.email) if account else BY_ITSELF)[:200],
            what=what[:200],
            subject=subject.name[:255],
            path=subject.path[:200],
            community_id=subject.community_id,
        )
    )
    session.flush()


def entries(
    session: Session, communities: sa.Select[uuid.UUID] | None, page: int
) -> tuple[Sequence[AuditEntry], int]:
    """A page of entries, newest first, and how many pages there are; of these communities only, if given."""
    chosen = sa.select(AuditEntry)
    if communities is not None:
        chosen = chosen.where(AuditEntry.community_id.in_(communities))
    count = session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    pages = max(1, -(-count // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = session.scalars(
        chosen.order_by(AuditEntry.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    ).all()
    return rows, pages
