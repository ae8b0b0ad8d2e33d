"""API tokens on one's own account: made, shown once, taken back.

A token acts for its account, so making one asks for the password as other changes of an account do.
"""

import uuid

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.backends import Backends
from app.errors import Conflict, Invalid, NotAllowed
from app.models import Scope
from app.services import access, api_tokens
from app.services.audit import Subject
from app.web.account import form_page, signed_in
from app.web.account_forms import AccountForm, TokenForm
from app.web.audited import note, subject_is
from app.web.current import backends, public_address
from app.web.proof import ask_again, is_by_provider, is_kept_out, prove
from app.web.session import current_session

bp = Blueprint("tokens", __name__, url_prefix="/account/tokens")


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.get("")
def show() -> ResponseReturnValue:
    """The tokens that there are, and what they are for."""
    account = signed_in()
    return render_template(
        "account/tokens.html",
        tokens=api_tokens.of_account(current_session(), account),
        now=backends().clock(),
        may_make=access.works_in_studio(current_session(), account),
        address=public_address("/api/v1"),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """What it is for and what it may do; then its text, on this answer and never again."""
    account, form = signed_in(), TokenForm()
    if not access.works_in_studio(current_session(), account):
        raise NotAllowed("API tokens are for producers and facilitators. Ask a facilitator to add you.")
    if is_kept_out(account):
        raise NotAllowed("Set up a second step for your sign-in first: open Account, then Second step.")
    ask_again(form, account)
    if not form.validate_on_submit():
        return form_page("account/token_new.html", form)
    try:
        prove(form, account)
        token, text = api_tokens.make(
            current_session(),
            account,
            form.name.data or "",
            [scope for scope in Scope if scope.value in (form.scopes.data or ())],
            next((days for days in api_tokens.LASTS if str(days) == form.days.data), 0),
            backends().clock(),
            by_provider=is_by_provider(),
        )
    except (Invalid, Conflict) as error:
        current_session().rollback()
        form.show(error if isinstance(error, Invalid) else Invalid({"name": str(error)}))
        return form_page("account/token_new.html", form)
    note("made an API token", token.name)
    page = render_template(
        "account/token_made.html", token=token, text=text, address=public_address("/api/v1/me")
    )
    current_session().commit()
    return page


@bp.route("/<uuid:token_id>/take-back", methods=["GET", "POST"])
def take_back(token_id: uuid.UUID) -> ResponseReturnValue:
    """Asked once more, then the token opens nothing; less power needs no proof."""
    token, form = api_tokens.own(current_session(), signed_in(), token_id), AccountForm()
    if not form.validate_on_submit():
        return form_page("account/token_take_back.html", form, token=token)
    subject_is(Subject(token.name))
    flash(f"“{token.name}” has been taken back. It opens nothing any more.")
    api_tokens.take_back(current_session(), token)
    current_session().commit()
    return redirect(url_for("tokens.show"))
