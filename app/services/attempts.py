"""How often somebody may try a password: ten failures per account and thirty per neighbourhood of
addresses in fifteen minutes. Neither names nor addresses are kept, only their hashes under our secret.

An attempt is written down before the password is looked at and struck out when it was right, so that
a hundred attempts at the same moment are not all the first one.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, TooOften
from app.models import SignInAttempt
from app.services.accounts import normal_email

WINDOW = timedelta(minutes=15)
ACCOUNT_LIMIT = 10
ADDRESS_LIMIT = 30


@dataclass(frozen=True)
class Attempt:
    """One attempt that is under way, as written down: the account's hash and the rows."""

    account_subject: str
    rows: tuple[SignInAttempt, ...]


def begin_attempt(
    session: Session, secret: str, *, purpose: str, email: str, address: str | None, now: datetime
) -> Attempt:
    """Write the attempt down as a failure. Raises TooOften where there were too many.

    The caller commits before it looks at the password, and calls `succeed` where it was right.
    """
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at <= now - WINDOW))
    account_subject = _hashed(secret, f"{purpose}: account {_as_compared(email)}")
    address_subject = _hashed(secret, f"{purpose}: address {neighbourhood(address)}")
    _refuse_beyond(session, account_subject, ACCOUNT_LIMIT, now)
    _refuse_beyond(session, address_subject, ADDRESS_LIMIT, now)
    rows = tuple(SignInAttempt(subject=subject, at=now) for subject in (account_subject, address_subject))
    session.add_all(rows)
    session.flush()
    return Attempt(account_subject, rows)


def count_failure(session: Session, secret: str, *, purpose: str, address: str | None, now: datetime) -> None:
    """Write down that something of nobody's was tried from there. Raises TooOften where there was too much.

    For what cannot be guessed: whoever has the right one is never held up by others of their network.
    """
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at <= now - WINDOW))
    subject = _hashed(secret, f"{purpose}: address {neighbourhood(address)}")
    _refuse_beyond(session, subject, ADDRESS_LIMIT, now)
    session.add(SignInAttempt(subject=subject, at=now))
    session.flush()


def succeed(session: Session, attempt: Attempt) -> None:
    """Strike out this attempt and all earlier failures of the account."""
    session.execute(
        sa.delete(SignInAttempt).where(
            sa.or_(
                SignInAttempt.subject == attempt.account_subject,
                SignInAttempt.id.in_([row.id for row in attempt.rows]),
            )
        )
    )


def spend(session: Session, secret: str, said: str, now: datetime) -> str:
    """Write down that this was used; the caller commits, and then asks `is_first_use`."""
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at <= now - WINDOW))
    mark = _hashed(secret, f"spent: {said}")
    session.add(SignInAttempt(subject=mark, at=now))
    session.flush()
    return mark


def is_first_use(session: Session, mark: str) -> bool:
    """Whether nobody else has used it. Of two at the same moment perhaps neither is, never both."""
    uses = sa.select(sa.func.count()).where(SignInAttempt.subject == mark)
    return session.scalar(uses) == 1


def neighbourhood(address: str | None) -> str:
    """The network that an address belongs to: /24, or /48 (what one customer usually has)."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 48), strict=False))
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24), strict=False))


def _as_compared(email: str) -> str:
    """The address as accounts are found by it: one account must not have a limit for each spelling."""
    try:
        return normal_email(email)
    except Invalid:  # nobody has this address; it is counted all the same
        return email.strip().lower()


def _refuse_beyond(session: Session, subject: str, limit: int, now: datetime) -> None:
    times = session.scalars(
        sa.select(SignInAttempt.at).where(SignInAttempt.subject == subject).order_by(SignInAttempt.at.desc())
    ).all()
    if len(times) < limit:
        return
    # the limit-th newest decides: when it is forgotten, one more is allowed
    wait_s = int((times[limit - 1] + WINDOW - now).total_seconds()) + 1
    minutes = max(1, -(-wait_s // 60))
    raise TooOften(
        f"There were too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
        wait_s,
    )


def _hashed(secret: str, subject: str) -> str:
    return hmac.new(secret.encode(), f"hearth: attempts, 1: {subject}".encode(), hashlib.sha256).hexdigest()
