"""The second step of signing in, after a right password: a code from the app, or one on paper."""

from collections.abc import Callable

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.backends import Backends
from app.errors import Invalid
from app.mail import Letter
from app.models import Account
from app.services import app_codes, attempts, factors, passkeys, recovery_codes
from app.web.account import begin_session, form_page, home
from app.web.account_forms import CodeForm, RecoveryForm
from app.web.audited import note
from app.web.current import backends, current_account, settings
from app.web.letters import send_after
from app.web.proof import Half, half, shared_keys
from app.web.session import current_session

bp = Blueprint("second_step", __name__, url_prefix="/sign-in")

TOO_OLD = "Ten minutes have passed since you entered your password, or it has changed. Sign in again."


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.route("/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """Ask for the code that the app shows."""
    begun = half()
    if begun is None:
        return _begin_again()
    has = factors.of_account(current_session(), begun.account)
    if has.app_code is None and not has.passkeys:
        return _begin_again()
    form = CodeForm()
    shown = {"has": has, "place": passkeys.place_of(settings().public_url), "next": begun.destination}
    if has.app_code is None or not form.validate_on_submit():
        return form_page("account/second_step.html", form, **shown)

    def is_right(account: Account) -> bool:
        return app_codes.take(current_session(), shared_keys(), account, form.code.data, backends().clock())

    try:
        app_codes.checked(form.code.data)  # a slip of the finger is no guess
        _guess(begun.account, is_right, app_codes.NOT_RIGHT)
    except Invalid as error:
        form.show(error)
        return form_page("account/second_step.html", form, **shown)
    return _come_in(begun)


@bp.route("/recovery", methods=["GET", "POST"])
def recovery() -> ResponseReturnValue:
    """Ask for a recovery code instead; its use is written down, and told by a letter."""
    begun = half()
    if begun is None:
        return _begin_again()
    form = RecoveryForm()
    if not form.validate_on_submit():
        return form_page("account/recovery_step.html", form)

    def is_right(account: Account) -> bool:
        return recovery_codes.take(current_session(), account, form.code.data)

    try:
        _guess(begun.account, is_right, recovery_codes.NOT_RIGHT)
    except Invalid as error:
        form.show(error)
        return form_page("account/recovery_step.html", form)
    return _come_in(begun, by_recovery_code=True)


def _guess(account: Account, is_right: Callable[[Account], bool], refusal: str) -> None:
    """Count the guess, then look at it. Raises Invalid, TooOften. A right one is not committed yet."""
    database = current_session()
    attempt = attempts.begin_attempt(
        database,
        settings().secret,
        purpose="second step",
        email=account.email,
        address=request.remote_addr,
        now=backends().clock(),
    )
    database.commit()
    if not is_right(account):
        raise Invalid({"code": refusal})
    attempts.succeed(database, attempt)


def _come_in(begun: Half, *, by_recovery_code: bool = False) -> Response:
    account = begun.account
    begin_session(account)
    answer = redirect(begun.destination or home())
    if not by_recovery_code:
        current_session().commit()
        return answer
    note("signed in with a recovery code")
    left = factors.of_account(current_session(), account).recovery_codes_left
    flash(f"You signed in with a recovery code. It is used up now; {left} left.")
    current_session().commit()
    text = render_template("account/recovery_used.txt", name=account.name, left=left)
    return send_after(answer, Letter(account.email, f"Your sign-in to {settings().service_name}", text))


def _begin_again() -> Response:
    if current_account() is None:
        flash(TOO_OLD)
    return redirect(url_for("account.sign_in"))
