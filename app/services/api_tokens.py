"""Tokens by which programs act for an account: made, found, taken back.

The token is 256 random bits, shown once; only its hash is kept (threats, T16). What it may do is asked
anew with every request: its scopes, its day, and whatever its account may do at that moment.
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.models import Account, ApiToken, Identity, Scope
from app.services import factors, fields

#: So that people, and programs that look for secrets left in files, know one when they see it.
PREFIX = "hearth_"
#: Each is for one program; more than this is a list that nobody looks after.
MOST_TOKENS = 20
#: How long a token can last, in days, and how that is said; the last is what we offer.
LASTS = {30: "30 days", 90: "90 days", 365: "One year"}
#: How exactly we know when it was last used.
_EXACT = timedelta(hours=1)


def make(
    session: Session,
    account: Account,
    name: str,
    scopes: Sequence[Scope],
    days: int,
    now: datetime,
    *,
    by_provider: bool,
) -> tuple[ApiToken, str]:
    """A new token and its text, which is not kept. Raises Invalid, Conflict."""
    values = {"name": fields.line(name)}
    fields.refuse(
        {
            **fields.too_long(ApiToken, values),
            **fields.missing(values, {"name": "Enter what the token is for."}),
            "scopes": None if scopes else "Choose at least one thing that the token may do.",
            "days": None if days in LASTS else "Choose how long the token lasts.",
        }
    )
    if len(of_account(session, account)) >= MOST_TOKENS:
        raise Conflict(f"There are {MOST_TOKENS} tokens already. Take some of them back first.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account=account,
        scopes=" ".join(scope.value for scope in Scope if scope in scopes),
        token_sha256=_hashed(text),
        by_provider=by_provider,
        created_at=now,
        expires_at=now + timedelta(days=days),
        **values,
    )
    session.add(token)
    session.flush()
    return token, text


def of_account(session: Session, account: Account) -> Sequence[ApiToken]:
    """Its tokens, also those that are too old by now, newest first."""
    return session.scalars(
        sa.select(ApiToken)
        .where(ApiToken.account_id == account.id)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    ).all()


def find(session: Session, text: str) -> ApiToken | None:
    """The token with this text, whether or not it still holds."""
    return session.scalar(sa.select(ApiToken).where(ApiToken.token_sha256 == _hashed(text)))


def own(session: Session, account: Account, token_id: uuid.UUID) -> ApiToken:
    """A token of this account's. Raises NotFound."""
    token = session.get(ApiToken, token_id)
    if token is None or token.account_id != account.id:
        raise NotFound("This token is no longer there.")
    return token


def take_back(session: Session, token: ApiToken) -> None:
    """It opens nothing from now on."""
    session.delete(token)
    session.flush()


def scopes_of(token: ApiToken) -> frozenset[Scope]:
    """What it may be used for."""
    return frozenset(Scope(name) for name in token.scopes.split())


def is_kept_out(session: Session, token: ApiToken, *, studio_needs_one: bool) -> bool:
    """Whether the studio would stay closed to its account until it sets up a second factor.

    Whom the organisation's provider signs in, we ask for none, as long as it still does.
    """
    linked = sa.exists().where(Identity.account_id == token.account_id)
    by_provider = token.by_provider and bool(session.scalar(sa.select(linked)))
    return factors.is_kept_out(
        session, token.account, by_provider=by_provider, studio_needs_one=studio_needs_one
    )


def is_use_to_be_noted(token: ApiToken, now: datetime) -> bool:
    """Whether its row does not say yet that it was used in this hour."""
    return token.last_used_at is None or token.last_used_at <= now - _EXACT


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
