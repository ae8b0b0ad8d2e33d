"""Accounts with an app or a passkey, for tests of what proves somebody."""

from passlib.totp import TOTP
from sqlalchemy.orm import Session

from app.models import Account
from app.services import app_codes, passkeys
from app.services.app_codes import SharedKeys
from tests.factories import WHEN, make_account
from tests.web.device import ORIGIN, Device

PLACE = passkeys.Place("localhost", ORIGIN)
KEYS = SharedKeys(("not a secret, only for the tests of it",), "Hearth: the academy")


def app_of(sealed: str) -> TOTP:
    """The app on somebody's phone, given the key as text."""
    key = app_codes.set_up(KEYS, Account(email="a@example.org"), sealed).key
    return TOTP(key.replace(" ", ""))


def with_app(session: Session) -> tuple[Account, TOTP]:
    """An account with codes from an app; the code of WHEN is used."""
    account, sealed = make_account(session), app_codes.new_key(KEYS)
    phone = app_of(sealed)
    app_codes.confirm(session, KEYS, account, sealed, phone.generate(WHEN).token, WHEN)
    return account, phone


def with_passkey(session: Session, device: Device, name: str = "Phone") -> Account:
    """An account that keeps this device's passkey."""
    account, challenge = make_account(session), passkeys.new_challenge()
    options = passkeys.options_to_add(session, account, PLACE, "Hearth", challenge)
    passkeys.add(session, account, PLACE, name, device.make(options), challenge, WHEN)
    return account


def answer_by(session: Session, device: Device, challenge: bytes = b"c" * 32) -> passkeys.Answer:
    """What the service makes of this device's answer."""
    said = device.sign(passkeys.options_to_sign_in(PLACE, challenge))
    return passkeys.answered(session, PLACE, said, challenge, WHEN)
