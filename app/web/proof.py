"""What a session has proved, and when: half a sign-in, a whole one, and whether it is time to ask again.

Half a sign-in is a note in the session that the password was right. It holds no rights: nothing but the
page of the second step looks at it, for ten minutes, and only while password and sessions are as they were.
"""

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request, session

from app.errors import Conflict, Invalid
from app.models import Account
from app.services import accounts, app_codes, attempts, factors
from app.web.account_forms import ProofForm
from app.web.current import backends, settings
from app.web.session import current_session

#: How long somebody may look for their phone.
HALF_HOLDS = timedelta(minutes=10)
#: How long after signing in the password is not asked again.
FRESH = timedelta(minutes=15)

#: How a session was begun: by a provider that asks for second factors itself, we ask for none.
PASSWORD, PASSKEY, PROVIDER = "password", "passkey", "provider"


@dataclass(frozen=True)
class Half:
    """Whose password was right, and where they want to go."""

    account: Account
    destination: str | None


def begin_half(account: Account, destination: str | None) -> None:
    """Write down that the password was right, in a session that has nothing of what was before."""
    session.clear()
    g.pop("csrf_token", None)
    session["half"] = {
        "account": account.id.hex,
        "mark": _mark(account),
        "until": _seconds(backends().clock() + HALF_HOLDS),
        "next": destination or "",
    }


def half() -> Half | None:
    """The half sign-in of this session, unless it has grown too old or the account has changed."""
    said = session.get("half")
    if not said or said["until"] <= _seconds(backends().clock()):
        return None
    account = current_session().get(Account, uuid.UUID(said["account"]))
    if account is None or not account.active or not hmac.compare_digest(said["mark"], _mark(account)):
        return None
    return Half(account, said["next"] or None)


def asks_second_step(account: Account) -> bool:
    """Whether a right password is only half of this account's sign-in."""
    return factors.asks_second_step(
        current_session(), account, studio_needs_one=settings().studio_needs_second_factor
    )


def is_kept_out(account: Account) -> bool:
    """Whether the studio stays closed until this account has set up a second factor."""
    return factors.is_kept_out(
        current_session(),
        account,
        by_provider=is_by_provider(),
        studio_needs_one=settings().studio_needs_second_factor,
    )


def is_by_provider() -> bool:
    """Whether the organisation's provider began this session."""
    return session.get("begun_by") == PROVIDER


def shared_keys() -> app_codes.SharedKeys:
    """What reads and writes the keys of apps."""
    return app_codes.SharedKeys(settings().secrets, settings().service_name)


def ask_again(form: ProofForm, account: Account, *, always: bool = False) -> None:
    """Take the password's field out of the form where it need not be asked: just after signing in.

    Raises Conflict for an account without a password that did not sign in just now.
    """
    age_s = _seconds(backends().clock()) - int(session.get("proved_at", 0))
    is_fresh = 0 <= age_s <= FRESH.total_seconds()
    if account.password is None:
        if not is_fresh:
            raise Conflict("Sign out and in again first: this can be changed only just after signing in.")
        del form.current
    elif is_fresh and not always:
        del form.current


def prove(form: ProofForm, account: Account) -> None:
    """Look at the password, where it was asked. Commits. Raises Invalid, TooOften."""
    if form.current is not None:
        check_password(account, form.current.data)


def check_password(account: Account, password: str | None) -> None:
    """Whether the holder of this account knows its password; the attempt is counted before it is looked at.

    Commits. Raises Invalid (for the field `current`) and TooOften.
    """
    database = current_session()
    attempt = attempts.begin_attempt(
        database,
        settings().secret,
        purpose="sign in",
        email=account.email,
        address=request.remote_addr,
        now=backends().clock(),
    )
    database.commit()
    if not accounts.verify_password(account, password or ""):
        raise Invalid({"current": "This is not your password"})
    attempts.succeed(database, attempt)
    database.commit()


def proved_now(by: str) -> dict[str, object]:
    """What a session keeps of how and when it was begun."""
    return {"begun_by": by, "proved_at": _seconds(backends().clock())}


def _mark(account: Account) -> str:
    """Changes when the account's sessions are ended, as a new password does too."""
    said = f"hearth: half a sign-in, 1:{account.fs_uniquifier}".encode()
    return hmac.new(settings().secret.encode(), said, hashlib.sha256).hexdigest()[:32]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
