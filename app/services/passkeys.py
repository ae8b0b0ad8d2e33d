"""Passkeys (W3C Web Authentication): adding one, and signing in by it, with the library `webauthn`.

A passkey proves two things at once: that somebody has the device, and that it knows them by PIN, finger
or face (user verification is required). A challenge is answered once. The place that a passkey belongs
to is the configured public address, never what a request says of itself.
"""

import hashlib
import ipaddress
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.errors import Conflict, Invalid, NotFound
from app.models import Account, Passkey, SpentChallenge
from app.services import fields

#: How long somebody may look for their key ring.
CHALLENGE_HOLDS = timedelta(minutes=5)
#: Passkeys of one account.
MOST = 20

NOT_KNOWN = "This passkey is not known here, or its account is closed. Sign in with your password instead."
NOT_ADDED = "The passkey could not be added. Load the page again and try once more."

_LOOPBACK = ("localhost", "127.0.0.1")
# what a wrong answer makes the library and its parsers say
_WRONG = (WebAuthnException, UnsupportedAlgorithm, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class Place:
    """Where passkeys of this service work: `rp_id` is the host that they belong to, `origin` its address."""

    rp_id: str
    origin: str


@dataclass(frozen=True)
class Answer:
    """Who answered a challenge, by which passkey; `is_copy`: the device's count says that it was copied."""

    account: Account
    passkey: Passkey
    is_copy: bool


def place_of(public_url: str) -> Place | None:
    """The place of a public address; None where browsers refuse passkeys: without https, or without a name.

    On loopback it is `localhost`, by which the service is reached too: 127.0.0.1 is no name.
    """
    parts = urlsplit(public_url)
    host = (parts.hostname or "").lower()
    if host in _LOOPBACK:
        host = "localhost"
    elif parts.scheme != "https" or _is_number(host):
        return None
    port = parts.port if parts.port != {"http": 80, "https": 443}[parts.scheme] else None
    return Place(host, f"{parts.scheme}://{host}{f':{port}' if port else ''}")


def new_challenge() -> bytes:
    """Something to sign that nobody has seen before."""
    return secrets.token_bytes(32)


def options_to_add(
    session: Session, account: Account, place: Place, service_name: str, challenge: bytes
) -> dict[str, Any]:
    """What the browser is asked, to make a passkey for this account. Raises Conflict for too many."""
    kept = session.scalars(sa.select(Passkey).where(Passkey.account_id == account.id)).all()
    if len(kept) >= MOST:
        raise Conflict(f"You have {MOST} passkeys. Remove one that you do not use any more.")
    return options_to_json_dict(
        generate_registration_options(
            rp_id=place.rp_id,
            rp_name=service_name,
            user_id=account.id.bytes,
            user_name=account.email,
            user_display_name=account.name or account.email,
            challenge=challenge,
            timeout=_timeout_ms(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(
                    id=one.credential_id,
                    transports=[AuthenticatorTransport(name) for name in one.transports] or None,
                )
                for one in kept
            ],
        )
    )


def add(
    session: Session,
    account: Account,
    place: Place,
    name: str,
    answer: object,
    challenge: bytes,
    now: datetime,
) -> Passkey:
    """Keep the passkey that the browser has made. Raises Invalid, Conflict."""
    name = checked_name(name)
    try:
        made = parse_registration_credential_json(_as_dict(answer))
        # no device has to say who made it, so none may make us read its certificates
        if parse_attestation_object(made.response.attestation_object).fmt not in (
            AttestationFormat.NONE,
            AttestationFormat.PACKED,
        ):
            raise Invalid({"passkey": NOT_ADDED})
        verified = verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except _WRONG as error:
        raise Invalid({"passkey": NOT_ADDED}) from error
    known = session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == verified.credential_id))
    if known is not None:
        raise Conflict("This passkey has been added already.")
    passkey = Passkey(
        account_id=account.id,
        name=name,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=[one.value for one in made.response.transports or ()],
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    return passkey


def options_to_sign_in(place: Place, challenge: bytes) -> dict[str, Any]:
    """What the browser is asked, whoever sits before it: it offers the passkeys that it has for here."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=place.rp_id,
            challenge=challenge,
            timeout=_timeout_ms(),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def answered(session: Session, place: Place, answer: object, challenge: bytes, now: datetime) -> Answer:
    """Who has answered this challenge, once. Raises Invalid: not known, not right, answered before.

    The passkey's count is kept only where it has grown; otherwise the caller refuses, and tells.
    """
    refusal = Invalid({"passkey": NOT_KNOWN})
    try:
        given = parse_authentication_credential_json(_as_dict(answer))
    except _WRONG as error:
        raise refusal from error
    passkey = session.scalar(
        sa.select(Passkey).where(Passkey.credential_id == given.raw_id).with_for_update()
    )
    account = session.get(Account, passkey.account_id) if passkey is not None else None
    if passkey is None or account is None or not account.active:
        raise refusal
    if given.response.user_handle != account.id.bytes:
        raise refusal
    try:
        verified = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            # the library would look at the count before the signature: anybody could feign a copy
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _WRONG as error:
        raise refusal from error
    _spend(session, challenge, now, refusal)
    count = verified.new_sign_count
    is_copy = (count > 0 or passkey.sign_count > 0) and count <= passkey.sign_count
    if not is_copy:
        passkey.sign_count, passkey.last_used_at = count, now
    session.flush()
    return Answer(account, passkey, is_copy)


def of_account(session: Session, account: Account, passkey_id: uuid.UUID) -> Passkey:
    """One of the account's own. Raises NotFound."""
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.account_id != account.id:
        raise NotFound("This passkey is no longer there.")
    return passkey


def remove(session: Session, passkey: Passkey) -> None:
    """Let nobody in by this passkey any more."""
    session.delete(passkey)
    session.flush()


def checked_name(name: object) -> str:
    """What its holder calls it. Raises Invalid."""
    text = fields.person_name(str(name))
    if not text or len(text) > 60:
        raise Invalid({"name": "Enter a name of at most 60 characters, such as “My phone”"})
    return text


def _spend(session: Session, challenge: bytes, now: datetime, refusal: Invalid) -> None:
    session.execute(sa.delete(SpentChallenge).where(SpentChallenge.expires_at <= now))
    digest = hashlib.sha256(challenge).hexdigest()
    try:
        with session.begin_nested():
            session.add(SpentChallenge(digest=digest, expires_at=now + CHALLENGE_HOLDS))
    except IntegrityError as error:
        raise refusal from error


def _as_dict(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("an answer is an object")
    return answer


def _timeout_ms() -> int:
    return int(CHALLENGE_HOLDS.total_seconds() * 1000)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
