"""How one signs in besides the password, on one's own account: codes from an app, codes on paper, passkeys.

Whatever changes here ends all other sessions of the account, is written down, and is told by a letter.
"""

import uuid

from flask import Blueprint, Flask, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.backends import Backends
from app.errors import Invalid
from app.mail import Letter
from app.models import Account
from app.services import accounts, app_codes, factors, passkeys, recovery_codes
from app.web.account import begin_session, form_page, signed_in
from app.web.account_forms import ConfirmAppForm, ProofForm
from app.web.audited import note
from app.web.current import backends, settings
from app.web.letters import send_after
from app.web.proof import PASSWORD, ask_again, is_kept_out, prove, shared_keys
from app.web.qr import draw
from app.web.session import current_session

bp = Blueprint("factors", __name__, url_prefix="/account/second-step")


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.get("")
def show() -> ResponseReturnValue:
    """What there is, and what one may do about it."""
    account = signed_in()
    return render_template(
        "account/factors.html",
        has=factors.of_account(current_session(), account),
        place=passkeys.place_of(settings().public_url),
        is_kept_out=is_kept_out(account),
    )


@bp.route("/app", methods=["GET", "POST"])
def app_code() -> ResponseReturnValue:
    """Give the key to an app, and begin to ask for its codes once one of them was right.

    Until then the key travels in the session, encrypted; loading the page again shows the same one.
    """
    account, keys = signed_in(), shared_keys()
    if factors.of_account(current_session(), account).app_code is not None:
        return redirect(url_for("factors.show"))
    form = ConfirmAppForm()
    ask_again(form, account)
    sealed = session.get("app_key") or app_codes.new_key(keys)
    session["app_key"] = sealed
    set_up = app_codes.set_up(keys, account, sealed)
    shown = {"set_up": set_up, "picture": draw(set_up.address)}
    if not form.validate_on_submit():
        return form_page("account/app_code.html", form, **shown)
    try:
        prove(form, account)
        app_codes.confirm(current_session(), keys, account, sealed, form.code.data, backends().clock())
    except Invalid as error:
        current_session().rollback()
        form.show(error)
        return form_page("account/app_code.html", form, **shown)
    return _with_new_codes(account, "set up codes from an app", is_first=True)


@bp.route("/app/off", methods=["GET", "POST"])
def app_code_off() -> ResponseReturnValue:
    """Ask for no codes from an app any more; the password is asked for first, always."""
    account, form = signed_in(), ProofForm()
    if factors.of_account(current_session(), account).app_code is None:
        return redirect(url_for("factors.show"))
    ask_again(form, account, always=True)
    if not form.validate_on_submit():
        return form_page("account/app_code_off.html", form)
    try:
        prove(form, account)
    except Invalid as error:
        form.show(error)
        return form_page("account/app_code_off.html", form)
    app_codes.turn_off(current_session(), account)
    factors.forget_what_is_left_over(current_session(), account)
    return _changed(account, "turned off codes from an app", "Codes from an app are turned off.")


@bp.route("/recovery-codes", methods=["GET", "POST"])
def new_codes() -> ResponseReturnValue:
    """Ten new codes on paper in place of those from before, shown once."""
    account, form = signed_in(), ProofForm()
    has = factors.of_account(current_session(), account)
    if not has.any:
        return redirect(url_for("factors.show"))
    ask_again(form, account)
    if not form.validate_on_submit():
        return form_page("account/recovery_codes.html", form, has=has)
    try:
        prove(form, account)
    except Invalid as error:
        form.show(error)
        return form_page("account/recovery_codes.html", form, has=has)
    return _with_new_codes(account, "made new recovery codes")


@bp.route("/passkeys/<uuid:passkey_id>/remove", methods=["GET", "POST"])
def passkey_remove(passkey_id: uuid.UUID) -> ResponseReturnValue:
    """Let nobody in by this passkey any more: asked once more, then done at once."""
    account, form = signed_in(), ProofForm()
    passkey = passkeys.of_account(current_session(), account, passkey_id)
    ask_again(form, account)
    if not form.validate_on_submit():
        return form_page("account/passkey_remove.html", form, passkey=passkey)
    try:
        prove(form, account)
    except Invalid as error:
        form.show(error)
        return form_page("account/passkey_remove.html", form, passkey=passkey)
    name = passkey.name
    passkeys.remove(current_session(), passkey)
    factors.forget_what_is_left_over(current_session(), account)
    return _changed(account, "removed a passkey", f"The passkey “{name}” has been removed.")


def renew_sessions(account: Account, what: str) -> Letter:
    """End all sessions of the account but this one, write down what changed; the letter that tells it."""
    accounts.end_sessions(current_session(), account)
    by, proved_at = str(session.get("begun_by", PASSWORD)), session.get("proved_at", 0)
    begin_session(account, by)
    session["proved_at"] = proved_at  # the session is new, what it has proved is not
    note(what)
    text = render_template("account/factor_changed.txt", name=account.name, what=what)
    return Letter(account.email, f"How you sign in to {settings().service_name}", text)


def _changed(account: Account, what: str, said: str) -> Response:
    letter = renew_sessions(account, what)
    flash(f"{said} Other devices have been signed out.")
    current_session().commit()
    return send_after(redirect(url_for("factors.show")), letter)


def _with_new_codes(account: Account, what: str, *, is_first: bool = False) -> Response:
    """The page with the ten codes: answered at once, since nobody can look at them again."""
    codes = recovery_codes.make(current_session(), shared_keys(), account)
    letter = renew_sessions(account, what)
    page = render_template("account/recovery_codes_made.html", codes=codes, is_first=is_first)
    current_session().commit()
    return send_after(page, letter)
