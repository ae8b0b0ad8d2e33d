"""Codes from an app and codes on paper: what is taken, what is refused; and all kinds together."""

import base64
from datetime import timedelta

import pytest
import sqlalchemy as sa
from passlib.totp import TOTP
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import Conflict, Invalid
from app.models import Account, AppCode, Passkey, RecoveryCode
from app.services import accounts, app_codes, factors, recovery_codes
from app.services.app_codes import SharedKeys
from tests.factories import WHEN, make_account
from tests.services.proving import KEYS, answer_by, app_of, with_app, with_passkey
from tests.web.device import Device


def test_a_code_is_taken_once_and_spaces_are_forgiven(session: Session) -> None:
    account, phone = with_app(session)
    later = WHEN + timedelta(minutes=1)
    code = phone.generate(later).token
    spaced = f" {code[:3]} {code[3:]}\u00a0"

    assert app_codes.take(session, KEYS, account, spaced, later)
    assert not app_codes.take(session, KEYS, account, code, later)


def test_the_code_that_confirmed_the_app_does_not_sign_in(session: Session) -> None:
    account, phone = with_app(session)

    assert not app_codes.take(session, KEYS, account, phone.generate(WHEN).token, WHEN)


def test_of_two_requests_with_one_code_the_database_lets_one_through(database: Database) -> None:
    later = WHEN + timedelta(minutes=1)
    with database.begin() as session:
        account, phone = with_app(session)
    with database.session() as slow, database.session() as quick:
        assert slow.get(AppCode, account.id) is not None  # read before the other one used the code
        slow.rollback()
        assert app_codes.take(quick, KEYS, account, phone.generate(later).token, later)
        quick.commit()

        assert not app_codes.take(slow, KEYS, account, phone.generate(later).token, later)


@pytest.mark.parametrize(("away_s", "is_taken"), [(-61, False), (-30, True), (30, True), (61, False)])
def test_a_code_may_be_half_a_minute_early_or_late(session: Session, away_s: int, is_taken: bool) -> None:
    now = WHEN + timedelta(minutes=10)
    account, phone = with_app(session)
    code = phone.generate(now + timedelta(seconds=away_s)).token

    assert app_codes.take(session, KEYS, account, code, now) is is_taken


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "0x1234", "123\x00456"])
def test_what_is_no_code_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Invalid, match="6 digits"):
        app_codes.checked(text)


def test_a_wrong_code_sets_nothing_up(session: Session) -> None:
    account, sealed = make_account(session), app_codes.new_key(KEYS)
    right = app_of(sealed).generate(WHEN).token
    wrong = f"{(int(right) + 500_000) % 1_000_000:06}"

    with pytest.raises(Invalid, match="not right"):
        app_codes.confirm(session, KEYS, account, sealed, wrong, WHEN)
    assert not factors.of_account(session, account).any


def test_a_second_app_does_not_take_the_first_ones_place(session: Session) -> None:
    account, _phone = with_app(session)
    sealed = app_codes.new_key(KEYS)

    with pytest.raises(Conflict):
        app_codes.confirm(session, KEYS, account, sealed, app_of(sealed).generate(WHEN).token, WHEN)


def test_the_database_holds_neither_key_nor_recovery_code(database: Database) -> None:
    with database.begin() as session:
        account, phone = with_app(session)
        codes = recovery_codes.make(session, KEYS, account)
    with database.reading() as session:
        kept = session.scalars(sa.select(AppCode.secret)).one()
        digests = session.scalars(sa.select(RecoveryCode.digest)).all()

    spellings = (phone.base32_key, phone.hex_key, base64.b64encode(phone.key).decode())
    assert [key for key in spellings if key.casefold() in kept.casefold()] == []
    assert 10 == len(set(digests)) == len(set(codes))
    assert [code for code in codes if code in digests or code.replace("-", "") in " ".join(digests)] == []


def test_another_secret_of_the_service_reads_no_key_and_paper_still_lets_in(session: Session) -> None:
    later = WHEN + timedelta(minutes=1)
    account, phone = with_app(session)
    code = recovery_codes.make(session, KEYS, account)[0]
    other = SharedKeys(("another secret",), "Hearth")

    assert not app_codes.take(session, other, account, phone.generate(later).token, later)
    assert recovery_codes.take(session, account, code)


def test_while_a_secret_is_replaced_the_former_one_reads_keys_until_they_are_renewed(
    session: Session,
) -> None:
    secrets = ("first " * 8, "second " * 8, "third " * 8)
    alone, both = SharedKeys(secrets[:1], "Hearth"), SharedKeys((secrets[1], secrets[0]), "Hearth")
    account, sealed = make_account(session), app_codes.new_key(alone)
    phone = TOTP(app_codes.set_up(alone, account, sealed).key.replace(" ", ""))
    app_codes.confirm(session, alone, account, sealed, phone.generate(WHEN).token, WHEN)
    counts = []
    for minutes, keys in (
        (1, both),
        (2, SharedKeys(secrets[1:2], "Hearth")),
        (3, SharedKeys((secrets[2], secrets[1]), "Hearth")),
        (4, SharedKeys(secrets[2:], "Hearth")),
    ):
        later = WHEN + timedelta(minutes=minutes)
        assert app_codes.take(session, keys, account, phone.generate(later).token, later)
        counts.append((app_codes.renew(session, keys), app_codes.renew(session, keys)))

    assert counts == [(1, 0), (0, 0), (1, 0), (0, 0)]


def test_the_key_is_for_this_service_and_this_account(session: Session) -> None:
    account = make_account(session, email="amina@example.org")
    address = app_codes.set_up(KEYS, account, app_codes.new_key(KEYS)).address

    assert address.startswith("otpauth://totp/Hearth%20%20the%20academy:amina@example.org?secret=")


def test_a_recovery_code_works_once_however_it_is_written(database: Database) -> None:
    with database.begin() as session:
        account, _phone = with_app(session)
        codes = recovery_codes.make(session, KEYS, account)

        assert recovery_codes.take(session, account, f" {codes[3].upper().replace('-', ' ')} ")
        assert not recovery_codes.take(session, account, codes[3])
        assert factors.of_account(session, account).recovery_codes_left == 9


def test_recovery_codes_are_one_persons_and_new_ones_end_the_old(session: Session) -> None:
    account, _phone = with_app(session)
    other = make_account(session)
    old = recovery_codes.make(session, KEYS, account)
    new = recovery_codes.make(session, KEYS, account)

    assert not recovery_codes.take(session, account, old[0])
    assert not recovery_codes.take(session, other, new[0])
    assert not recovery_codes.take(session, account, "")
    assert recovery_codes.take(session, account, new[0])


def test_a_closed_account_has_no_passkeys_and_no_codes_left(session: Session) -> None:
    device = Device()
    account = with_passkey(session, device)
    recovery_codes.make(session, KEYS, account)
    accounts.close_account(session, account, by=make_account(session, is_owner=True))
    accounts.open_account(session, account)

    with pytest.raises(Invalid):
        answer_by(session, device)
    assert factors.of_account(session, account).recovery_codes_left == 0


def test_what_an_account_had_is_erased_with_it(database: Database) -> None:
    with database.begin() as session:
        account = with_passkey(session, Device())
        sealed = app_codes.new_key(KEYS)
        app_codes.confirm(session, KEYS, account, sealed, app_of(sealed).generate(WHEN).token, WHEN)
        recovery_codes.make(session, KEYS, account)
        session.execute(sa.delete(Account).where(Account.id == account.id))

        counts = [
            session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (AppCode, RecoveryCode, Passkey)
        ]
        assert counts == [0, 0, 0]


def test_the_owners_list_says_what_each_account_has(session: Session) -> None:
    device = Device()
    both, _phone = with_app(session)
    one = with_passkey(session, device)
    session.execute(sa.update(Passkey).values(account_id=both.id))
    made = with_passkey(session, Device())
    nobody = make_account(session)

    words = factors.in_words(session)
    assert words[both.id] == "a code from an app and 1 passkey"
    assert words[made.id] == "1 passkey"
    assert not {one.id, nobody.id} & words.keys()
