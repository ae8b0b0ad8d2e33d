"""Who calls: the token of the header Authorization, and nothing else. Cookies are not looked at.

The hook opens the door to accounts that work in the studio, with a token that holds; each operation then
asks for its scope, and for the role in the community of what it shows or changes.
"""

from dataclasses import dataclass

from flask import g, request

from app.errors import NotAllowed, NotSignedIn
from app.models import Account, ApiToken, Scope
from app.services import access, api_tokens, attempts
from app.web.api.blueprint import bp
from app.web.audited import commit_before
from app.web.current import backends, settings
from app.web.session import current_session

#: What tells how to call may be read by everybody.
OPEN = frozenset(("api.document",))

SAY_WHO = (
    "Send a token in the header “Authorization: Bearer hearth_...”. You make one on the page of your account."
)
UNKNOWN = (
    "This token does not hold: it is not known here, or it has been taken back. Make a new one on the page "
    "of your account."
)
TOO_OLD = "This token has expired. Make a new one on the page of your account."
NO_STUDIO = "The API is for producers and facilitators. Ask a facilitator to add you."
NO_FACTOR = "Set up a second step for your sign-in first: open Account, then Second step."


@dataclass(frozen=True)
class Caller:
    """The account for which a program acts, and by which token."""

    account: Account
    token: ApiToken
    scopes: frozenset[Scope]


@bp.before_request
def only_with_a_token() -> None:
    """Raises NotSignedIn, NotAllowed, TooOften."""
    if request.endpoint in OPEN:
        return
    token = _token()
    session, now = current_session(), backends().clock()
    if not access.works_in_studio(session, token.account):
        raise NotAllowed(NO_STUDIO)
    if api_tokens.is_kept_out(session, token, studio_needs_one=settings().studio_needs_second_factor):
        raise NotAllowed(NO_FACTOR)
    g.api_caller = Caller(token.account, token, api_tokens.scopes_of(token))
    g.audit_account = token.account
    if request.method not in ("GET", "HEAD") and api_tokens.is_use_to_be_noted(token, now):
        token.last_used_at = now
        commit_before()


def caller() -> Caller:
    """Who calls; behind the hook there always is one."""
    found: Caller = g.api_caller
    return found


def account() -> Account:
    """For whom the program acts."""
    return caller().account


def require(scope: Scope) -> None:
    """Raises NotAllowed where the token was not made for this."""
    if scope not in caller().scopes:
        raise NotAllowed(f"This token was not made for this: it needs the scope “{scope}”.")


def _token() -> ApiToken:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise NotSignedIn(SAY_WHO)
    token = api_tokens.find(current_session(), text.strip())
    if token is None or not token.account.active:
        _count_failure()
        raise NotSignedIn(UNKNOWN)
    if token.expires_at <= backends().clock():
        raise NotSignedIn(TOO_OLD)
    return token


def _count_failure() -> None:
    """Written even where only something is read: a GET with no token that we know is no GET of ours."""
    current_session().rollback()  # no transaction is open beside the one that writes
    with backends().database.session() as session:
        attempts.count_failure(
            session,
            settings().secret,
            purpose="api token",
            address=request.remote_addr,
            now=backends().clock(),
        )
        session.commit()
