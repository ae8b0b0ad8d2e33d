"""Which account somebody has whom the organisation's provider has proved. Knows nothing of tokens.

People come in by invitation (decision 20): nobody has an account because a provider knows them. The first
time, an address that the provider vouches for leads to the account or the invitation with that address;
from then on only issuer and subject count, whatever becomes of the address.
"""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotAllowed
from app.models import Account, Identity, Invitation
from app.openid.proven import Proven
from app.services import accounts, factors, members


class Why(enum.StrEnum):
    """Why somebody does not come in; the page says it in words."""

    closed = "their account is closed"
    unknown = "nobody has invited this address"
    unproved = "the provider vouches for no address"
    other_person = "the account is connected with somebody else at the provider"
    other_account = "this person at the provider is connected with another account"
    second_step = "the account asks for a second step, and an address alone is none"
    other_address = "the invitation was written to another address"


class NotLetIn(NotAllowed):
    """Proved by the provider, and not let in all the same."""

    def __init__(self, why: Why, email: str) -> None:
        super().__init__(why.value)
        self.why = why
        self.email = email


def find(session: Session, proven: Proven) -> Identity | None:
    """This person, where they have been here before."""
    return session.scalar(
        sa.select(Identity).where(Identity.issuer == proven.issuer, Identity.subject == proven.subject)
    )


def of_account(session: Session, account: Account, issuer: str) -> Identity | None:
    """Who the account is at this provider."""
    return session.scalar(
        sa.select(Identity).where(Identity.account_id == account.id, Identity.issuer == issuer)
    )


def sign_in(session: Session, proven: Proven, now: datetime) -> tuple[Account, bool]:
    """Whose account this is, and whether it has been connected just now. Raises NotLetIn."""
    known = find(session, proven)
    if known is not None:
        if not known.account.active:
            raise NotLetIn(Why.closed, proven.email)
        known.last_used_at = now
        session.flush()
        return known.account, False
    account = accounts.find_account(session, _vouched(proven))
    if account is None:
        raise NotLetIn(Why.unknown, proven.email)
    if factors.of_account(session, account).any:
        raise NotLetIn(Why.second_step, proven.email)
    connect(session, account, proven, now)
    return account, True


def join(session: Session, invitation: Invitation, proven: Proven, now: datetime) -> Account:
    """A new account without a password, for the invited address that the provider vouches for.

    Raises NotLetIn.
    """
    if accounts.normal_email(_vouched(proven)) != invitation.email:
        raise NotLetIn(Why.other_address, proven.email)
    account = members.join(session, invitation, name=_name(proven), password=None, now=now)
    connect(session, account, proven, now)
    return account


def connect(session: Session, account: Account, proven: Proven, now: datetime) -> None:
    """From now on this person signs in as this account. Raises NotLetIn, and Conflict in a race."""
    if not account.active:
        raise NotLetIn(Why.closed, proven.email)
    known = find(session, proven)
    if known is not None and known.account_id != account.id:
        raise NotLetIn(Why.other_account, proven.email)
    held = of_account(session, account, proven.issuer)
    if held is not None and held.subject != proven.subject:
        raise NotLetIn(Why.other_person, proven.email)
    if known is not None:
        known.last_used_at = now
    else:
        session.add(
            Identity(
                issuer=proven.issuer,
                subject=proven.subject,
                account_id=account.id,
                linked_at=now,
                last_used_at=now,
            )
        )
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise Conflict("This was done in another window at the same moment. Sign in once more.") from error


def disconnect(session: Session, account: Account, issuer: str) -> None:
    """The provider leads to this account no more. Raises Conflict where there is no other way in."""
    if account.password is None:
        raise Conflict("Set a password first: without one you could not sign in any more.")
    session.execute(sa.delete(Identity).where(Identity.account_id == account.id, Identity.issuer == issuer))
    session.flush()


def _vouched(proven: Proven) -> str:
    """The address, as accounts are found by it."""
    try:
        return accounts.normal_email(proven.email)
    except Invalid as error:
        raise NotLetIn(Why.unproved, "") from error


def _name(proven: Proven) -> str:
    """What the provider calls them, as far as it can be a name here; else the address before the @."""
    name = " ".join(proven.name.split())
    return name if name and len(name) <= 200 and name.isprintable() else proven.email.partition("@")[0]
