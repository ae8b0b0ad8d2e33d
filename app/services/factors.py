"""What proves an account besides its password, of all kinds: who has it, who is asked, taking it off."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Account, AppCode, Passkey, RecoveryCode
from app.services import access


@dataclass(frozen=True)
class Factors:
    """What an account has."""

    app_code: AppCode | None
    passkeys: Sequence[Passkey]
    recovery_codes_left: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all; recovery codes alone are none."""
        return self.app_code is not None or bool(self.passkeys)


def of_account(session: Session, account: Account) -> Factors:
    """What this account has, passkeys in the order in which they were added."""
    passkeys = session.scalars(
        sa.select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.created_at, Passkey.id)
    ).all()
    left = session.scalar(
        sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account.id)
    )
    return Factors(session.get(AppCode, account.id), passkeys, left or 0)


def asks_second_step(session: Session, account: Account, *, studio_needs_one: bool) -> bool:
    """Whether the password alone does not let this account in.

    Whoever set up codes from an app is always asked. A passkey is another way in, and makes the password
    no weaker; but where the studio needs a second factor, the password alone must not open the studio.
    """
    found = of_account(session, account)
    if found.app_code is not None:
        return True
    return bool(found.passkeys) and studio_needs_one and access.works_in_studio(session, account)


def is_kept_out(session: Session, account: Account, *, by_provider: bool, studio_needs_one: bool) -> bool:
    """Whether the studio stays closed until this account has set up a second factor.

    A provider asks for second factors itself: whom it has signed in (`by_provider`), we ask for none.
    """
    if by_provider or not studio_needs_one:
        return False
    return access.works_in_studio(session, account) and not of_account(session, account).any


def in_words(session: Session) -> Mapping[uuid.UUID, str]:
    """What each account has, for the owner's list; accounts without any are left out."""
    with_app = set(session.scalars(sa.select(AppCode.account_id)))
    with_passkeys = Counter(session.scalars(sa.select(Passkey.account_id)))
    words = {}
    for identity in with_app | with_passkeys.keys():
        count = with_passkeys[identity]
        passkeys = f"{count} passkey{'' if count == 1 else 's'}" if count else ""
        words[identity] = " and ".join(
            filter(None, ["a code from an app" * (identity in with_app), passkeys])
        )
    return words


def take_off(session: Session, account: Account) -> None:
    """Forget all of them: the password alone lets the account in again."""
    for table in (AppCode, RecoveryCode, Passkey):
        session.execute(sa.delete(table).where(table.account_id == account.id))
    session.flush()


def forget_what_is_left_over(session: Session, account: Account) -> None:
    """Recovery codes stand in for something: where nothing is left, they go too."""
    if not of_account(session, account).any:
        take_off(session, account)
