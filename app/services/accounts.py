"""Accounts: making them, their passwords, their links, their roles. Knows nothing of requests.

Links are signed with the service's secret: the first owner's holds only while there is no account,
a reset link only until its hour has come or the password has changed, so each works once.
"""

import hashlib
import hmac
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from itsdangerous import BadData
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.models import Account, ApiToken, Identity, MemberRole, Membership
from app.services import factors, fields
from app.services.links import signer

PASSWORD_LENGTH_MIN = 10
NO_ADDRESS = "Enter an e-mail address in the correct format, like name@example.org"
PASSWORD_LENGTH_MAX = 200

#: How long a reset link holds: mailed to the person, or handed over by the owner.
MAILED_LINK_HOLDS = timedelta(hours=2)
HANDED_LINK_HOLDS = timedelta(days=7)

# Memory, passes and lanes of OWASP's Password Storage Cheat Sheet, argon2id: sixteen sign-ins at once
# take 300 MiB, not the gibibyte that the library's own defaults would.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

#: Passwords of ten characters or more that stand on every list of stolen ones, without digits and signs.
_COMMON = frozenset(
    [
        "password",
        "passwort",
        "passwordpassword",
        "qwertyuiop",
        "qwertyqwerty",
        "qwertyuiopasdf",
        "asdfghjkl",
        "asdfghjklzxcv",
        "letmein",
        "letmeinletmein",
        "iloveyou",
        "iloveyouiloveyou",
        "welcome",
        "welcomewelcome",
        "administrator",
        "changeme",
        "changemechangeme",
        "abcdefghij",
        "abcdefghijkl",
        "nhspassword",
        "hospital",
        "secret",
        "secretsecret",
        "footballfootball",
        "liverpool",
        "manchester",
        "manchesterunited",
        "sunshine",
        "princess",
        "trustno",
        "qazwsxedc",
        "zxcvbnm",
        "zxcvbnmasdf",
        "monkey",
        "dragon",
        "superman",
        "batman",
        "starwars",
        "computer",
        "internet",
    ]
)


def normal_email(text: str) -> str:
    """The e-mail address as it is kept and compared: lower case. Raises Invalid."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise Invalid({"email": NO_ADDRESS}) from error
    if "=?" in found.normalized:  # would be read as an encoded word in the head of a letter (RFC 2047)
        raise Invalid({"email": NO_ADDRESS})
    return found.normalized.lower()


def find_account(session: Session, email: str) -> Account | None:
    """The account with this address, however it is written; None for text that is no address."""
    try:
        wanted = normal_email(email)
    except Invalid:
        return None
    return session.scalar(sa.select(Account).where(Account.email == wanted))


def everybody(session: Session) -> Sequence[Account]:
    """All accounts, by name."""
    return session.scalars(sa.select(Account).order_by(Account.name, Account.id)).all()


def has_accounts(session: Session) -> bool:
    """Whether anybody can sign in at all."""
    return session.scalar(sa.select(Account.id).limit(1)) is not None


def password_problem(password: str, email: str) -> str | None:
    """What is wrong with a new password, in words for the person who chose it."""
    text = _normal_password(password)
    if len(text) < PASSWORD_LENGTH_MIN:
        return f"Password must have at least {PASSWORD_LENGTH_MIN} characters"
    if len(text) > PASSWORD_LENGTH_MAX:
        return f"Password must have at most {PASSWORD_LENGTH_MAX} characters"
    folded = text.casefold()
    if folded in (email.casefold(), email.casefold().partition("@")[0]):
        return "Password must not be your e-mail address"
    letters = "".join(filter(str.isalpha, folded))
    if len(set(folded)) < 4 or not letters or letters in _COMMON:
        return (
            "Choose a password that is harder to guess, for example three words that do not belong together"
        )
    return None


def hash_password(password: str) -> str:
    """The argon2id hash that is kept instead of the password."""
    return _HASHER.hash(_normal_password(password))


def verify_password(account: Account | None, password: str) -> bool:
    """Whether this is the account's password.

    Takes the same work where there is no such account, or none that may sign in, so that the time
    of an answer does not tell who has an account.
    """
    known = account is not None and account.active and account.password is not None
    kept = account.password if known and account is not None else None
    try:
        matches = _HASHER.verify(kept or _nobodys_hash(), _normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept is not None


def set_password(session: Session, account: Account, password: str) -> None:
    """Give the account a new password, end all its sessions and take its tokens back. Raises Invalid.

    Whoever knew the old password may have made a token by it.
    """
    problem = password_problem(password, account.email)
    if problem:
        raise Invalid({"password": problem})
    account.password = hash_password(password)
    _take_tokens_back(session, account)
    end_sessions(session, account)


def end_sessions(session: Session, account: Account) -> None:
    """Sign the account out everywhere: every session carries the mark that is replaced here."""
    account.fs_uniquifier = uuid.uuid4().hex
    session.flush()


def close_account(session: Session, account: Account, by: Account) -> None:
    """Sign the account out everywhere and let it in no more; its roles and all that it made stay.

    Who it is at the organisation's provider is forgotten.
    Its second factors and tokens are forgotten: whoever comes back sets them up anew.

    Raises Conflict for one's own account and for the last owner's.
    """
    if account.id == by.id:
        raise Conflict("Nobody closes their own account. Another owner can.")
    # two owners may close each other's at the same moment: the second one waits here
    owners = sa.select(Account.id).where(Account.is_owner, Account.active).order_by(Account.id)
    if set(session.scalars(owners.with_for_update())) <= {account.id}:
        raise Conflict("This is the only owner's account. Without it nobody could look after the service.")
    account.active = False
    session.execute(sa.delete(Identity).where(Identity.account_id == account.id))
    factors.take_off(session, account)
    _take_tokens_back(session, account)
    end_sessions(session, account)


def open_account(session: Session, account: Account) -> None:
    """Let a closed account in again, with its password and its roles."""
    account.active = True
    session.flush()


def rename_account(session: Session, account: Account, name: str) -> None:
    """Change what the account's holder is called. Raises Invalid."""
    account.name = _checked_name(name)
    session.flush()


def create_account(
    session: Session,
    *,
    email: str,
    name: str,
    now: datetime,
    password: str | None = None,
    is_owner: bool = False,
) -> Account:
    """A new account; without a password until its holder sets one by a reset link. Raises Invalid."""
    problems: dict[str, str] = {}
    try:
        name = _checked_name(name)
    except Invalid as error:
        problems |= error.problems
    try:
        email = normal_email(email)
    except Invalid as error:
        problems |= error.problems
    else:
        if find_account(session, email) is not None:
            problems["email"] = "There is already an account with this e-mail address"
    if password is not None and (problem := password_problem(password, email)):
        problems["password"] = problem
    if problems:
        raise Invalid(problems)
    account = Account(
        email=email,
        name=name,
        password=hash_password(password) if password is not None else None,
        is_owner=is_owner,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account


def owner_link_token(session: Session, secret: str) -> str | None:
    """The token of the first owner's link (/welcome/<token>), or None once there is an account."""
    return None if has_accounts(session) else _owner_token(secret)


def check_owner_token(session: Session, secret: str, token: str) -> None:
    """Raises NotFound unless the token is the first owner's and nobody has used it."""
    genuine = hmac.compare_digest(_owner_token(secret).encode(), token.encode("utf-8", "surrogatepass"))
    if not genuine or has_accounts(session):
        raise NotFound("This link is not valid, or has been used.")


def create_owner(session: Session, *, email: str, name: str, password: str, now: datetime) -> Account:
    """The first account, which owns the service. Raises Conflict where there is an account, Invalid."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
        session.execute(sa.text("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE"))
    if has_accounts(session):
        raise Conflict("This service has an owner already. Sign in instead.")
    return create_account(session, email=email, name=name, password=password, is_owner=True, now=now)


def set_membership(
    session: Session, account: Account, community_id: uuid.UUID, role: MemberRole | None, now: datetime
) -> None:
    """Give the account this role in the community, or none."""
    found = session.scalar(
        sa.select(Membership).where(
            Membership.account_id == account.id, Membership.community_id == community_id
        )
    )
    if role is None:
        if found is not None:
            session.delete(found)
    elif found is not None:
        found.role = role
    else:
        session.add(Membership(account_id=account.id, community_id=community_id, role=role, created_at=now))
    session.flush()


def reset_link(account: Account, secret: str, public_url: str, expires_at: datetime) -> str:
    """An address at which whoever has it sets the account's password, once, until then."""
    said = [account.id.hex, int(expires_at.timestamp()), _password_mark(account, secret)]
    return f"{public_url}/reset/{signer(secret, 'reset link, 1').dumps(said)}"


def account_of_reset(session: Session, secrets: tuple[str, ...], token: str, now: datetime) -> Account:
    """Whose password this reset link sets. Raises NotFound where it is forged, used or too old."""
    refusal = NotFound("This link is not valid any more. Ask for a new one.")
    try:
        identity, expires_at_s, mark = signer(secrets, "reset link, 1").loads(token)
    except BadData as error:
        raise refusal from error
    account = session.get(Account, uuid.UUID(identity))
    if account is None or not account.active or now.timestamp() >= expires_at_s:
        raise refusal
    if not any(hmac.compare_digest(mark, _password_mark(account, secret)) for secret in secrets):
        raise refusal
    return account


def change_email(session: Session, account: Account, email: str) -> None:
    """Another address to sign in with; links that were sent before lead nowhere. Raises Invalid."""
    email = normal_email(email)
    other = find_account(session, email)
    if other is not None and other.id != account.id:
        raise Invalid({"email": "There is already an account with this e-mail address"})
    account.email = email
    session.flush()


def email_link(account: Account, email: str, secret: str, public_url: str, expires_at: datetime) -> str:
    """An address that proves that whoever opens it gets the letters to this new e-mail address."""
    said = [account.id.hex, email, int(expires_at.timestamp()), _email_mark(account, secret)]
    return f"{public_url}/account/email/{signer(secret, 'email link, 1').dumps(said)}"


def of_email_link(
    session: Session, secrets: tuple[str, ...], token: str, now: datetime
) -> tuple[Account, str]:
    """Whose address becomes which. Raises NotFound where the link is forged, used or too old."""
    refusal = NotFound("This link is not valid any more. Ask for a new one on the page of your account.")
    try:
        identity, email, expires_at_s, mark = signer(secrets, "email link, 1").loads(token)
    except BadData as error:
        raise refusal from error
    account = session.get(Account, uuid.UUID(identity))
    if account is None or not account.active or now.timestamp() >= expires_at_s:
        raise refusal
    if not any(hmac.compare_digest(mark, _email_mark(account, secret)) for secret in secrets):
        raise refusal
    return account, email


def _email_mark(account: Account, secret: str) -> str:
    """Changes with address and password: what makes the link work once."""
    said = f"hearth: email mark, 1:{account.email}:{account.password or ''}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:32]


def _take_tokens_back(session: Session, account: Account) -> None:
    session.execute(sa.delete(ApiToken).where(ApiToken.account_id == account.id))


def _checked_name(name: str) -> str:
    name = fields.person_name(name)
    if not name or len(name) > 200:
        raise Invalid({"name": "Enter a name of at most 200 characters"})
    return name


def _normal_password(password: str) -> str:
    # two keyboards may send the same letter as one character or as two (NIST SP 800-63B, 5.1.1.2)
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")


def _owner_token(secret: str) -> str:
    return hmac.new(secret.encode(), b"hearth: link of the first owner, 1", hashlib.sha256).hexdigest()


def _password_mark(account: Account, secret: str) -> str:
    """Changes with the password: what makes a reset link work once."""
    said = f"hearth: password mark, 1:{account.password or ''}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:32]
