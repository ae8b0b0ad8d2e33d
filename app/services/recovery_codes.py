"""Codes on paper, for when the phone is lost: ten, each works once. Only slow hashes of them are kept.

No secret of the service is in them: after a restore with another one they are what still lets people in.
Each has 48 random bits, so that at argon2id's price nobody finds one from a stolen backup.
"""

import sqlalchemy as sa
from argon2.low_level import Type, hash_secret_raw
from sqlalchemy.orm import Session

from app.models import Account, RecoveryCode
from app.services.app_codes import SharedKeys

HOW_MANY = 10

NOT_RIGHT = "This code is not right, or has been used"


def make(session: Session, keys: SharedKeys, account: Account) -> list[str]:
    """Ten new codes, to be shown now and never again; those from before count no more."""
    codes: list[str] = keys.generate_recovery_codes(HOW_MANY)
    rows = [RecoveryCode(account_id=account.id, digest=_digest(account, code)) for code in codes]
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.add_all(rows)
    session.flush()
    return codes


def take(session: Session, account: Account, code: str) -> bool:
    """Whether this is one of the account's codes; then it is used up."""
    used = session.execute(
        sa.delete(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.digest == _digest(account, code))
        .execution_options(synchronize_session=False)
    )
    return isinstance(used, sa.CursorResult) and used.rowcount == 1


def _digest(account: Account, code: str) -> str:
    """Salted by the account, so that one hash finds the row; costs as in app/services/accounts.py."""
    written = "".join(filter(str.isalnum, code.casefold()))
    return hash_secret_raw(
        secret=written.encode("utf-8", "surrogatepass"),
        salt=account.id.bytes,
        time_cost=2,
        memory_cost=19_456,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    ).hex()
