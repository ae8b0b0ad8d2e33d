"""Signing in with the organisation's own accounts (OpenID Connect), and connecting them on one's own page.

    GET  /sign-in/organisation          to the provider; the session keeps what the answer has to match
    GET  /sign-in/organisation/return   back from it: a page that sends itself on, since GETs do not write
    POST /sign-in/organisation/return   who is it? signed in, connected, made from an invitation, or told no

What the provider says reaches a page only as an address that it vouches for, escaped.
"""

import hmac
import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.backends import RETURN_PATH, Backends
from app.errors import Invalid, NotFound
from app.mail import Letter
from app.models import Account
from app.openid.errors import OpenIdError, ProviderAway
from app.openid.proven import Proven
from app.services import access, attempts, audit, identities, members
from app.services.audit import Subject
from app.services.identities import NotLetIn, Why
from app.services.published import NOTHING_HERE
from app.web import proof
from app.web.account import begin_session, form_page, own_path, signed_in
from app.web.account_forms import AccountForm, CurrentPasswordForm
from app.web.audited import note
from app.web.current import backends, current_account, settings
from app.web.errors import mark_unwell
from app.web.letters import send_after
from app.web.session import current_session

if TYPE_CHECKING:
    from app.openid.provider import Provider

log = logging.getLogger("app.web")

bp = Blueprint("organisation", __name__)

#: How long somebody may take at the provider: with a second factor on a telephone in another room.
FLOW_HOLDS = timedelta(minutes=10)
#: Where the session keeps a sign-in that is under way, and that its holder has shown their password.
_FLOW, _MAY_CONNECT = "organisation", "organisation_connect"
_CODE_LENGTH_MAX = 4096
#: What the session keeps has to fit into a cookie.
_PATH_LENGTH_MAX = 1000


@dataclass(frozen=True)
class Flow:
    """A sign-in that is under way: what the answer has to match, and what it is for."""

    state: str
    nonce: str
    verifier: str
    began_s: int
    #: A path of ours to go on to.
    next: str
    #: The token of the invitation that is being accepted, or "".
    invitation: str
    #: The account that is being connected, or "" where somebody signs in.
    connects: str


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes; they lead nowhere where no provider is set."""
    app.register_blueprint(bp)


@bp.before_request
def _only_where_set() -> None:
    _provider()


@bp.get("/sign-in/organisation")
def begin() -> ResponseReturnValue:
    """Off to the provider."""
    destination = own_path(request.args.get("next", "")[:_PATH_LENGTH_MAX]) or ""
    account = current_account()
    connects = account.id.hex if account is not None and _may_connect(account) else ""
    if account is not None and not connects:
        return redirect(destination or _home(account))
    current_session().rollback()  # nothing stays open while the provider is asked
    try:
        begun = _provider().begin()
    except OpenIdError as error:
        return _problem(error)
    session[_FLOW] = asdict(
        Flow(
            begun.state,
            begun.nonce,
            begun.verifier,
            _now_s(),
            destination,
            request.args.get("invitation", "")[:_PATH_LENGTH_MAX],
            connects,
        )
    )
    return redirect(begun.address)


@bp.get(RETURN_PATH)
def come_back() -> ResponseReturnValue:
    """Back from the provider: a page that goes on by itself, or by its button."""
    flow, account = _flow(request.args.get("state", "")), current_account()
    if flow is None:
        if account is not None:  # the way back in the browser's history
            return redirect(_home(account))
        return _say("stale")
    if "error" in request.args:
        session.pop(_FLOW)
        return _say("denied" if request.args["error"] == "access_denied" else "refused")
    if not 0 < len(request.args.get("code", "")) <= _CODE_LENGTH_MAX:
        session.pop(_FLOW)
        return _say("refused")
    return render_template("account/organisation_return.html", form=AccountForm(formdata=None))


@bp.post(RETURN_PATH)
def finish() -> ResponseReturnValue:
    """Who is it? Commits twice: the answer is marked as used before the provider is asked about it."""
    flow = _flow(request.form.get("state", ""))
    if flow is None:
        return _say("stale")
    session.pop(_FLOW)
    database, now = current_session(), backends().clock()
    mark = attempts.spend(database, settings().secret, f"organisation {flow.state}", now)
    database.commit()
    is_first = attempts.is_first_use(database, mark)
    database.rollback()  # nothing stays open while the provider is asked
    code = request.form.get("code", "")
    if not is_first or not 0 < len(code) <= _CODE_LENGTH_MAX:
        return _say("stale")
    try:
        proven = _provider().prove(code, flow.nonce, flow.verifier, request.form.get("iss"))
    except OpenIdError as error:
        return _problem(error)
    try:
        return _connect(flow, proven) if flow.connects else _let_in(flow, proven)
    except NotLetIn as error:
        database.rollback()
        log.info("organisation: not let in", extra={"about": error.why.value})
        return _say(error.why.name, email=error.email)


def _let_in(flow: Flow, proven: Proven) -> ResponseReturnValue:
    """Sign in, by the account that there is or by the invitation that is being accepted."""
    database, now = current_session(), backends().clock()
    invitation = None
    if flow.invitation:
        invitation = members.of_link(database, settings().secrets, flow.invitation, now)
    try:
        account, is_new = identities.sign_in(database, proven, now)
    except NotLetIn as error:
        if invitation is None or error.why is not Why.unknown:
            raise
        account, is_new = identities.join(database, invitation, proven, now), True
    # made from the invitation, which has thereby been accepted; everybody else is asked
    joined = invitation.community if invitation and invitation.accepted_by == account.id else None
    asked = url_for("joining.invitation", token=flow.invitation) if invitation and not joined else ""
    begin_session(account, proof.PROVIDER)
    if joined and invitation:
        place = f"/studio/communities/{joined.slug}"
        subject = Subject(f"{joined.name}, as a {invitation.role.value}", place, joined.id)
        audit.add(database, account, "joined", subject, now)
        flash(f"Welcome to {joined.name}.")
    letter = _connected(account, proven) if is_new else None
    answer = redirect(asked or flow.next or _home(account))
    database.commit()
    return send_after(answer, letter) if letter else answer


def _connect(flow: Flow, proven: Proven) -> ResponseReturnValue:
    """Connect the account that is signed in, whose holder has shown the password."""
    database, account = current_session(), signed_in()
    if account.id.hex != flow.connects:
        return _say("stale")
    identities.connect(database, account, proven, backends().clock())
    session.pop(_MAY_CONNECT, None)
    letter = _connected(account, proven)
    database.commit()
    return send_after(redirect(url_for("organisation.own")), letter)


def _connected(account: Account, proven: Proven) -> Letter:
    """Written down, said on the next page, and told to the account's own address."""
    name = settings().oidc_name
    audit.add(
        current_session(), account, "connected their account with the organisation's sign-in",
        Subject(account.name), backends().clock(),
    )  # fmt: skip
    flash(f"From now on you can sign in with {name}.")
    text = render_template("account/organisation_connected.txt", holder=account, email=proven.email)
    return _letter(account, text)


def _letter(account: Account, text: str) -> Letter:
    return Letter(account.email, f"Your account on {settings().service_name}", text)


@bp.route("/account/organisation", methods=["GET", "POST"])
def own() -> ResponseReturnValue:
    """One's own connection: what it is, how to make it (the password first), how to end it."""
    account, database = signed_in(), current_session()
    form = CurrentPasswordForm()
    held = identities.of_account(database, account, settings().oidc_issuer)
    shown = {"holder": account, "held": held, "may_connect": _may_connect(account)}
    if not form.validate_on_submit() or account.password is None:
        return form_page("account/organisation.html", form, **shown)
    try:
        proof.check_password(account, form.current.data)
    except Invalid as error:
        form.show(error)
        return form_page("account/organisation.html", form, **shown)
    session[_MAY_CONNECT] = [account.id.hex, _now_s()]
    return redirect(url_for("organisation.own"))


@bp.post("/account/organisation/disconnect")
def disconnect() -> ResponseReturnValue:
    """End the connection. Raises Conflict where there is no password yet."""
    account, database = signed_in(), current_session()
    identities.disconnect(database, account, settings().oidc_issuer)
    note("disconnected their account from the organisation's sign-in")
    flash(f"Your account is no longer connected with {settings().oidc_name}.")
    text = render_template("account/organisation_disconnected.txt", holder=account)
    database.commit()
    return send_after(redirect(url_for("organisation.own")), _letter(account, text))


def _provider() -> "Provider":
    found = backends().organisation
    if found is None:
        raise NotFound(NOTHING_HERE)
    return found


def _flow(state: str) -> Flow | None:
    """The sign-in of this browser that the answer belongs to, if it has not taken too long."""
    try:
        flow = Flow(**session[_FLOW])
    except (KeyError, TypeError):
        return None
    matches = hmac.compare_digest(flow.state.encode(), state.encode("utf-8", "surrogatepass"))
    return flow if matches and _is_fresh(flow.began_s) else None


def _may_connect(account: Account) -> bool:
    """Whether the holder has shown the password in this session, not long ago."""
    shown = session.get(_MAY_CONNECT)
    return isinstance(shown, list) and shown[0] == account.id.hex and _is_fresh(shown[1])


def _is_fresh(began_s: int) -> bool:
    return 0 <= _now_s() - began_s < FLOW_HOLDS.total_seconds()


def _now_s() -> int:
    return int(backends().clock().timestamp())


def _home(account: Account) -> str:
    is_open = access.works_in_studio(current_session(), account)
    return url_for("studio.dashboard") if is_open else url_for("account.show")


def _problem(error: OpenIdError) -> ResponseReturnValue:
    log.warning("organisation: %s", type(error).__name__, extra={"about": error.about})
    return _say("away" if isinstance(error, ProviderAway) else "refused")


def _say(why: str, email: str = "") -> ResponseReturnValue:
    """A calm page about what did not work, and what to do."""
    answer = make_response(render_template("account/organisation_problem.html", why=why, email=email))
    if why == "away":
        return mark_unwell(answer)
    answer.status_code = HTTPStatus.FORBIDDEN
    return answer
