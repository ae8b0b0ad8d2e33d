"""Passkeys: who is let in, and what is refused."""

import base64
import copy
import random
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import Conflict, Invalid
from app.models import Passkey, SpentChallenge
from app.services import passkeys
from tests.factories import WHEN, make_account
from tests.services.proving import PLACE, answer_by, with_passkey
from tests.web.device import PRESENT, Device


def test_a_passkey_says_who_signs_in(session: Session) -> None:
    device = Device()
    account = with_passkey(session, device)
    answer = answer_by(session, device)

    assert (answer.account.id, answer.is_copy) == (account.id, False)
    assert (answer.passkey.sign_count, answer.passkey.last_used_at) == (1, WHEN)


def test_a_device_that_does_not_count_signs_in_again_and_again(session: Session) -> None:
    device = Device(count=None)
    with_passkey(session, device)

    copies = [answer_by(session, device, bytes([number]) * 32).is_copy for number in range(3)]

    assert copies == [False] * 3


def test_a_challenge_is_answered_once(database: Database) -> None:
    device = Device(count=None)
    with database.begin() as session:
        with_passkey(session, device)
        answer_by(session, device)

        with pytest.raises(Invalid):
            answer_by(session, device)


def test_spent_challenges_are_forgotten_when_they_are_too_old(session: Session) -> None:
    device = Device(count=None)
    with_passkey(session, device)
    answer_by(session, device)
    later = WHEN + passkeys.CHALLENGE_HOLDS
    said = device.sign(passkeys.options_to_sign_in(PLACE, b"d" * 32))
    passkeys.answered(session, PLACE, said, b"d" * 32, later)

    assert session.scalar(sa.select(sa.func.count()).select_from(SpentChallenge)) == 1


def test_a_copied_device_is_seen_by_its_count(session: Session) -> None:
    device = Device()
    with_passkey(session, device)
    copied = copy.copy(device)
    answer_by(session, device, b"1" * 32)
    answer_by(session, device, b"2" * 32)
    answer = answer_by(session, copied, b"3" * 32)

    assert (answer.is_copy, answer.passkey.sign_count) == (True, 2)
    assert not answer_by(session, device, b"4" * 32).is_copy


def test_nobody_can_feign_a_copy_without_the_key(session: Session) -> None:
    device = Device(count=5)
    with_passkey(session, device)
    forger = Device(count=0, identity=device.identity, user=device.user)

    with pytest.raises(Invalid):
        answer_by(session, forger)


WRONG: dict[str, dict[str, Any]] = {
    "another site": {"origin": "http://evil.example"},
    "another port": {"origin": "http://localhost:8001"},
    "127.0.0.1": {"origin": "http://127.0.0.1:8000"},
    "another host's passkey": {"rp_id": "evil.example"},
    "no PIN, finger or face": {"flags": PRESENT},
    "nobody there": {"flags": 0x04},
    "somebody else's account": {"user": b"x" * 16},
    "no account": {"user": b""},
    "another device": {"identity": b"x" * 32},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_signs_nobody_in(session: Session, what: str) -> None:
    device = Device()
    with_passkey(session, device)
    for name, value in WRONG[what].items():
        setattr(device, name, value)

    with pytest.raises(Invalid, match="not known here"):
        answer_by(session, device)


@pytest.mark.parametrize(
    "what", ["another site", "another port", "another host's passkey", "no PIN, finger or face"]
)
def test_a_wrong_answer_adds_no_passkey(session: Session, what: str) -> None:
    with pytest.raises(Invalid, match="could not be added"):
        with_passkey(session, Device(**WRONG[what]))
    assert session.scalars(sa.select(Passkey)).all() == []


def test_the_answer_to_another_challenge_is_refused(session: Session) -> None:
    device = Device()
    with_passkey(session, device)
    said = device.sign(passkeys.options_to_sign_in(PLACE, b"a" * 32))

    with pytest.raises(Invalid):
        passkeys.answered(session, PLACE, said, b"b" * 32, WHEN)


def test_a_passkey_is_added_once_and_not_without_end(session: Session) -> None:
    device = Device()
    account = with_passkey(session, device)
    with pytest.raises(Conflict, match="already"):
        with_passkey(session, device)
    for _ in range(passkeys.MOST - 1):
        challenge = passkeys.new_challenge()
        options = passkeys.options_to_add(session, account, PLACE, "Hearth", challenge)
        passkeys.add(session, account, PLACE, "Key", Device().make(options), challenge, WHEN)

    with pytest.raises(Conflict, match="Remove one"):
        passkeys.options_to_add(session, account, PLACE, "Hearth", b"c" * 32)


@pytest.mark.parametrize("format", ["tpm", "android-safetynet", "apple", "made-up", "fido-u2f"])
def test_no_device_makes_us_read_its_certificates(session: Session, format: str) -> None:
    account, challenge = make_account(session), b"c" * 32
    options = passkeys.options_to_add(session, account, PLACE, "Hearth", challenge)

    with pytest.raises(Invalid):
        passkeys.add(session, account, PLACE, "Key", Device().make(options, format=format), challenge, WHEN)


@pytest.mark.parametrize(
    "answer", [None, "x", 7, [], {}, {"id": 1}, {"response": {}}, {"id": "é", "rawId": "é"}]
)
def test_what_is_no_answer_is_refused(session: Session, answer: object) -> None:
    account = make_account(session)
    with pytest.raises(Invalid):
        passkeys.answered(session, PLACE, answer, b"c" * 32, WHEN)
    with pytest.raises(Invalid):
        passkeys.add(session, account, PLACE, "Key", answer, b"c" * 32, WHEN)


def test_damaged_answers_are_refused_and_nothing_else(session: Session) -> None:
    dice, device = random.Random(7), Device()
    account, challenge = with_passkey(session, device), b"c" * 32
    to_add = Device().make(passkeys.options_to_add(session, account, PLACE, "Hearth", challenge))
    to_sign_in = device.sign(passkeys.options_to_sign_in(PLACE, challenge))
    for _ in range(150):
        with pytest.raises(Invalid):
            passkeys.answered(session, PLACE, _damaged(to_sign_in, dice), challenge, WHEN)
        with suppress(Invalid, Conflict):  # what nobody signed may be damaged and still be an answer
            passkeys.add(session, account, PLACE, "Key", _damaged(to_add, dice), challenge, WHEN)


def _damaged(answer: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The answer with a few bytes of one of its fields other than they were."""
    damaged = copy.deepcopy(answer)
    name = dice.choice(list(damaged["response"]))
    raw = bytearray(base64.urlsafe_b64decode(damaged["response"][name] + "=="))
    for _ in range(dice.choice((1, 3))):
        raw[dice.randrange(len(raw))] ^= dice.randrange(1, 256)
    if dice.random() < 0.3:
        del raw[dice.randrange(len(raw)) :]
    damaged["response"][name] = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    return damaged


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://127.0.0.1:8000", ("localhost", "http://localhost:8000")),
        ("http://localhost", ("localhost", "http://localhost")),
        ("https://Podcasts.example.org", ("podcasts.example.org", "https://podcasts.example.org")),
        ("https://podcasts.example.org:443", ("podcasts.example.org", "https://podcasts.example.org")),
        ("https://podcasts.example.org:8443", ("podcasts.example.org", "https://podcasts.example.org:8443")),
        ("http://podcasts.example.org", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_belong_to_the_configured_address(address: str, place: tuple[str, str] | None) -> None:
    assert passkeys.place_of(address) == (passkeys.Place(*place) if place else None)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "\u202e", "\u200d"])
def test_a_passkeys_name_is_something_to_read(name: str) -> None:
    with pytest.raises(Invalid, match="Enter a name"):
        passkeys.checked_name(name)


def test_a_passkeys_name_is_kept_as_names_of_people_are() -> None:
    assert passkeys.checked_name(" \u202eMy\n phone ") == "My phone"
    assert passkeys.checked_name("تلفن\u200cها") == "تلفن\u200cها"
