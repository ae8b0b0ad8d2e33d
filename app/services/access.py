"""Who may do what: the one set of roles (product, roles).

The owner has every role in every community. A producer makes and edits; publishes where the show
lets producers publish. A facilitator does everything in their community.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotAllowed, NotFound
from app.models import Account, Community, MemberRole, Membership, Show

#: Weakest first; a role includes what stands before it, storytellers excepted.
_MAKES = (MemberRole.producer, MemberRole.facilitator)


def role_in(session: Session, account: Account | None, community_id: uuid.UUID) -> MemberRole | None:
    """The account's role in a community; the owner is a facilitator everywhere."""
    if account is None or not account.active:
        return None
    if account.is_owner:
        return MemberRole.facilitator
    return session.scalar(
        sa.select(Membership.role).where(
            Membership.account_id == account.id, Membership.community_id == community_id
        )
    )


def works_in_studio(session: Session, account: Account | None) -> bool:
    """Whether the studio is open to this account at all."""
    if account is None or not account.active:
        return False
    if account.is_owner:
        return True
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.account_id == account.id, Membership.role.in_(_MAKES))
        )
        or 0
    ) > 0


def communities_of(session: Session, account: Account) -> sa.Select[uuid.UUID]:
    """The ids of the communities in which the account makes things, as a subquery."""
    if account.is_owner:
        return sa.select(Community.id)
    return sa.select(Membership.community_id).where(
        Membership.account_id == account.id, Membership.role.in_(_MAKES)
    )


def managed_communities(account: Account) -> sa.Select[uuid.UUID] | None:
    """The ids of the communities that the account keeps, as a subquery; None for all of them."""
    if account.is_owner:
        return None
    return sa.select(Membership.community_id).where(
        Membership.account_id == account.id, Membership.role == MemberRole.facilitator
    )


def keeps_any(session: Session, account: Account) -> bool:
    """Whether the account keeps any community at all."""
    managed = managed_communities(account)
    return managed is None or session.scalar(managed.limit(1)) is not None


def require_making(session: Session, account: Account, community_id: uuid.UUID) -> None:
    """Raises NotFound for outsiders (they may not know that it exists), NotAllowed for members."""
    role = role_in(session, account, community_id)
    if role is None:
        raise NotFound("There is nothing at this address.")
    if role not in _MAKES:
        raise NotAllowed("Your role in this community does not include making and editing.")


def require_managing(session: Session, account: Account, community_id: uuid.UUID) -> None:
    """Shows, members and community pages: facilitators only."""
    require_making(session, account, community_id)
    if role_in(session, account, community_id) is not MemberRole.facilitator:
        raise NotAllowed("Only a facilitator of this community can do this.")


def may_publish(session: Session, account: Account, show: Show) -> bool:
    """Facilitators always; producers where the show lets them."""
    role = role_in(session, account, show.community_id)
    return role is MemberRole.facilitator or (role is MemberRole.producer and show.producers_publish)
