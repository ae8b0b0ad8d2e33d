"""Codes from an app (TOTP, RFC 6238), by Flask-Security's Totp: its keys are encrypted where they are kept.

A code counts for its half minute and the ones beside it, since clocks differ, and only once.
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_security import Totp
from passlib.exc import TokenError
from passlib.totp import TOTP, AppWallet
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.models import Account, AppCode

#: How far a phone's clock may be from ours.
WINDOW_S = 30

NOT_RIGHT = "This code is not right, or is too old. Enter the one that the app shows now"

_CODE = re.compile(r"[0-9]{6}")


class SharedKeys(Totp):
    """Flask-Security's, asked for the time step of a code at a time that we say.

    What is kept names the key under which it is encrypted. That is "1" until a secret is replaced for the
    first time, and while it is, what "1" was lies under the former secret.
    """

    def __init__(self, secrets: tuple[str, ...], issuer: str) -> None:
        keys = {_name_of(secret): _key_of(secret) for secret in secrets}
        keys["1"] = _key_of(secrets[-1])
        self._written_under = _name_of(secrets[0]) if len(secrets) > 1 else "1"
        self._present = {_name_of(secrets[0]), self._written_under}
        self._known = frozenset(keys)
        # the app shows the name; the format of the address has no colon in it
        super().__init__(keys, issuer.replace(":", " ").strip() or "Hearth")
        self._totp = TOTP.using(
            issuer=self._totp.issuer, wallet=AppWallet(keys, default_tag=self._written_under)
        )

    def renewed(self, sealed: str) -> str | None:
        """The same key under the present secret; None where it is, or where no secret here opens it."""
        name = json.loads(sealed)["enckey"]["t"]
        if name in self._present or name not in self._known:
            return None
        again: str = self._totp.from_source(sealed).to_json(encrypt=True)
        return again

    def step(self, code: str, sealed: str, now: datetime, last_step: int | None) -> int | None:
        """The step whose code this is, if it is later than `last_step`."""
        try:
            match = self._totp.verify(
                code, sealed, time=int(now.timestamp()), window=WINDOW_S, last_counter=last_step
            )
        except (TokenError, KeyError):  # KeyError: encrypted under a secret that is not here
            return None
        step: int = match.counter
        return step


@dataclass(frozen=True)
class SetUp:
    """What goes into the app: as an address in a picture, or typed."""

    address: str
    key: str


def new_key(keys: SharedKeys) -> str:
    """A key for somebody's app, encrypted: it may travel in a cookie until it is confirmed."""
    sealed: str = keys.generate_totp_secret()
    return sealed


def set_up(keys: SharedKeys, account: Account, sealed: str) -> SetUp:
    """The key as its holder's app takes it."""
    return SetUp(
        address=keys.get_totp_uri(account.email.replace(":", " "), sealed),
        key=keys.get_totp_pretty_key(sealed).replace("-", " "),
    )


def confirm(
    session: Session, keys: SharedKeys, account: Account, sealed: str, code: str, now: datetime
) -> None:
    """Begin to ask for codes, since this one shows that the app has the key. Raises Invalid, Conflict."""
    step = keys.step(checked(code), sealed, now, None)
    if step is None:
        raise Invalid({"code": NOT_RIGHT})
    if session.get(AppCode, account.id) is not None:
        raise Conflict("Codes from an app are set up already. Turn them off before you set them up anew.")
    session.add(AppCode(account_id=account.id, secret=sealed, last_step=step, created_at=now))
    session.flush()


def take(session: Session, keys: SharedKeys, account: Account, code: str, now: datetime) -> bool:
    """Whether this is a code of the account's app, not used before; then it is used. Raises Invalid."""
    code = checked(code)
    kept = session.get(AppCode, account.id)
    step = keys.step(code, kept.secret, now, kept.last_step) if kept is not None else None
    if step is None:
        return False
    # of two requests with one code the database lets one through
    taken = session.execute(
        sa.update(AppCode)
        .where(AppCode.account_id == account.id, AppCode.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return _rows(taken) == 1


def renew(session: Session, keys: SharedKeys) -> int:
    """Encrypt every key under the present secret that lies under the former one; how many."""
    renewed = 0
    for kept in session.scalars(sa.select(AppCode).with_for_update()):
        again = keys.renewed(kept.secret)
        if again is not None:
            kept.secret, renewed = again, renewed + 1
    session.flush()
    return renewed


def are_there(session: Session) -> bool:
    """Whether anybody has codes from an app."""
    return session.scalars(sa.select(AppCode.account_id).limit(1)).first() is not None


def turn_off(session: Session, account: Account) -> None:
    """Ask for no codes from an app any more."""
    session.execute(sa.delete(AppCode).where(AppCode.account_id == account.id))
    session.flush()


def checked(code: str) -> str:
    """The six digits, however they were spaced. Raises Invalid."""
    digits = re.sub(r"[\s-]", "", code)
    if not _CODE.fullmatch(digits):
        raise Invalid({"code": "Enter the 6 digits that the app shows"})
    return digits


def _key_of(secret: str) -> str:
    return hmac.new(secret.encode(), b"hearth: app codes, 1", hashlib.sha256).hexdigest()


def _name_of(secret: str) -> str:
    """What a secret's key is called in what it encrypts; tells nothing of it."""
    return "k" + hmac.new(secret.encode(), b"hearth: name of a key, 1", hashlib.sha256).hexdigest()[:12]


def _rows(result: sa.Result[tuple[object, ...]]) -> int:
    return result.rowcount if isinstance(result, sa.CursorResult) else 0
