"""Who belongs to a community: asking people in, their roles, leaving. Facilitators keep this themselves.

Nobody becomes a member unasked: an invitation is a link, and whoever opens it says yes, signed in or by
making an account. The link is signed with the service's secret and works once, until its day has come.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from itsdangerous import BadData
from sqlalchemy.orm import Session, joinedload

from app.errors import Conflict, Invalid, NotFound
from app.models import Account, Community, Invitation, MemberRole, Membership
from app.services import accounts
from app.services.links import signer

#: A facilitator's links are handed over in meetings and letters: two weeks.
INVITATION_HOLDS = timedelta(days=14)
#: Invitations that wait for an answer, for one community.
MOST_OPEN = 200


def of_community(session: Session, community: Community) -> Sequence[Membership]:
    """Everybody with a role in it, by name."""
    return session.scalars(
        sa.select(Membership)
        .join(Account)
        .where(Membership.community_id == community.id)
        .options(joinedload(Membership.account))
        .order_by(Account.name, Account.id)
    ).all()


def waiting(session: Session, community: Community, now: datetime) -> Sequence[Invitation]:
    """Invitations that nobody has answered yet, newest first."""
    return session.scalars(
        sa.select(Invitation)
        .where(
            Invitation.community_id == community.id,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
    ).all()


def invite(
    session: Session, community: Community, email: str, role: MemberRole, by: Account, now: datetime
) -> Invitation:
    """Offer the role to whoever has this address; an open offer to the same address is renewed.

    Raises Invalid: no address, a member already, too many.
    """
    email = accounts.normal_email(email)
    known = accounts.find_account(session, email)
    if known is not None and _membership(session, known.id, community.id) is not None:
        raise Invalid({"email": f"{known.name or email} is a member already. Change the role above."})
    session.execute(
        sa.delete(Invitation).where(
            Invitation.community_id == community.id,
            Invitation.accepted_at.is_(None),
            sa.or_(Invitation.email == email, Invitation.expires_at <= now),
        )
    )
    if len(waiting(session, community, now)) >= MOST_OPEN:
        raise Invalid({"email": f"{MOST_OPEN} invitations wait already. Take some of them back first."})
    made = Invitation(
        community_id=community.id,
        email=email,
        role=role,
        invited_by=by.id,
        created_at=now,
        expires_at=now + INVITATION_HOLDS,
    )
    session.add(made)
    session.flush()
    return made


def open_invitation(session: Session, invitation_id: uuid.UUID, now: datetime) -> Invitation:
    """An invitation that waits for its answer. Raises NotFound."""
    found = session.get(Invitation, invitation_id)
    if found is None or found.accepted_at is not None or found.expires_at <= now:
        raise NotFound("This invitation is no longer open.")
    return found


def take_back(session: Session, invitation: Invitation) -> None:
    """The link leads nowhere from now on."""
    session.delete(invitation)
    session.flush()


def link(invitation: Invitation, secret: str, public_url: str) -> str:
    """The address at which whoever has it may accept."""
    return f"{public_url}/invitation/{signer(secret, 'invitation, 1').dumps(invitation.id.hex)}"


def of_link(session: Session, secrets: tuple[str, ...], token: str, now: datetime) -> Invitation:
    """The invitation of a link. Raises NotFound where it is forged, answered, taken back or too old."""
    refusal = NotFound("This invitation is not valid any more. Ask for a new one.")
    try:
        return open_invitation(session, uuid.UUID(signer(secrets, "invitation, 1").loads(token)), now)
    except (BadData, NotFound, ValueError, AttributeError, TypeError) as error:
        raise refusal from error


def accept(session: Session, invitation: Invitation, account: Account, now: datetime) -> None:
    """The account takes the offered role; one that it has already and that allows more stays."""
    held = _membership(session, account.id, invitation.community_id)
    order = list(MemberRole)
    if held is None or order.index(held.role) < order.index(invitation.role):
        accounts.set_membership(session, account, invitation.community_id, invitation.role, now)
    invitation.accepted_at = now
    invitation.accepted_by = account.id
    session.flush()


def join(
    session: Session, invitation: Invitation, *, name: str, password: str | None, now: datetime
) -> Account:
    """A new account for the invited address, with the role. Raises Invalid.

    Without a password it is for somebody whom the organisation's provider has proved.
    """
    account = accounts.create_account(session, email=invitation.email, name=name, password=password, now=now)
    accept(session, invitation, account, now)
    return account


def change_role(
    session: Session,
    community: Community,
    account_id: uuid.UUID,
    role: MemberRole | None,
    by: Account,
    now: datetime,
) -> Account:
    """Another role for a member, or none. Raises NotFound, and Conflict for one's own role."""
    held = _membership(session, account_id, community.id)
    if held is None:
        raise NotFound("This person is no longer a member.")
    if account_id == by.id:
        raise Conflict(
            "Nobody changes their own role. You can leave the community on the page of your account."
        )
    account = held.account
    accounts.set_membership(session, account, community.id, role, now)
    return account


def leave(session: Session, account: Account, community: Community) -> None:
    """No role in it any more. What the account has made stays with the community. Raises NotFound."""
    held = _membership(session, account.id, community.id)
    if held is None:
        raise NotFound("You are not a member of this community.")
    session.delete(held)
    session.flush()


def _membership(session: Session, account_id: uuid.UUID, community_id: uuid.UUID) -> Membership | None:
    return session.scalar(
        sa.select(Membership).where(
            Membership.account_id == account_id, Membership.community_id == community_id
        )
    )
