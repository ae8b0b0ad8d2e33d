"""Signing in and out, passwords, the first owner, one's own account.

Flask-Security loads accounts and keeps sessions; its own views are off, since ours answer in fewer
ways (house, decision 10): one text for every wrong sign-in, one for every reset request.
"""

from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask_security import Security, SQLAlchemySessionUserDatastore
from flask_security.utils import login_user, logout_user
from sqlalchemy.orm import Session, scoped_session
from werkzeug.wrappers import Response

from app.backends import Backends
from app.errors import Invalid, NotSignedIn, TooOften
from app.mail import Letter
from app.models import Account, Community, Membership, Role
from app.services import access, accounts, api_tokens, attempts, factors, passkeys
from app.web import proof
from app.web.account_forms import (
    AccountForm,
    NameForm,
    OwnerForm,
    PasswordForm,
    ResetForm,
    SignInForm,
    StartForm,
)
from app.web.audited import note
from app.web.current import backends, current_account, settings
from app.web.errors import with_problems
from app.web.letters import send_after
from app.web.session import current_session, session_proxy

bp = Blueprint("account", __name__)

#: What every sign-in that does not work is told.
NOT_RIGHT = "The e-mail address or the password is not right"

#: What everybody is told who asks for a reset link.
LINK_SENT = "If there is an account with this address, a link is on its way to it."

#: A stolen cookie is worth nothing after this, whatever the browser keeps.
SESSION_HOLDS = timedelta(days=7)


def register(app: Flask, _backends: Backends) -> None:
    """Set up Flask-Security without its views, and open ours."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=SESSION_HOLDS,
        # as app.services.accounts hashes: argon2 mixes in a salt by itself
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_SALT=app.config["SECRET_KEY"],
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
        SECURITY_JOIN_USER_ROLES=False,
    )
    security = Security(
        app,
        SQLAlchemySessionUserDatastore(cast(scoped_session[Session], session_proxy), Account, Role),
        register_blueprint=False,
    )
    # our roles are Memberships: without these two, no request asks who somebody is before a view does,
    # so that feeds and sound neither read the session nor vary by cookie
    security.principal.identity_loaders.clear()
    app.after_request_funcs[None].remove(security.login_manager._update_remember_cookie)
    # no sign-in by a token in an address or a header
    security.login_manager.request_loader(lambda _request: None)
    app.register_blueprint(bp)


def own_path(address: str | None) -> str | None:
    """The address if it is a path on this service, else None: nobody is sent elsewhere by `next`."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else address


def begin_session(account: Account, by: str = proof.PASSWORD) -> None:
    """Sign this account in, in a session that has nothing of what was before.

    `by` says what it proved itself with (app/web/proof.py); nothing more is asked.
    """
    session.clear()
    g.pop("csrf_token", None)
    login_user(account, remember=False, authn_via=[by])
    session.update(proof.proved_now(by))


def begin_or_ask(account: Account, destination: str | None) -> Response:
    """After a right password: sign in and go there, or first to the page of the second step."""
    if proof.asks_second_step(account):
        proof.begin_half(account, destination)
        return redirect(url_for("second_step.code"))
    begin_session(account)
    return redirect(destination or home())


def form_page(template: str, form: AccountForm, **shown: object) -> str | Response:
    """The page of a form: for the first time, or with what was wrong."""
    page = render_template(template, form=form, **shown)
    return with_problems(page) if form.errors else page


def signed_in() -> Account:
    """Who is signed in. Raises NotSignedIn."""
    account = current_account()
    if account is None:
        raise NotSignedIn("Sign in to see this.")
    return account


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response:
    """Ask for e-mail address and password.

    Commits twice: the attempt is written down before the password is looked at, and no lock is held
    while it is.
    """
    form = SignInForm()
    destination = own_path(form.next.data or request.args.get("next"))
    if current_account() is not None:
        return redirect(destination or home())
    form.next.data = destination or ""
    if not form.validate_on_submit():
        return _sign_in_page(form)
    database = current_session()
    attempt = attempts.begin_attempt(
        database,
        settings().secret,
        purpose="sign in",
        email=form.email.data,
        address=request.remote_addr,
        now=backends().clock(),
    )
    account = accounts.find_account(database, form.email.data)
    database.commit()
    if not accounts.verify_password(account, form.password.data) or account is None:
        form.email.errors = [NOT_RIGHT]
        return _sign_in_page(form)
    attempts.succeed(database, attempt)
    answer = begin_or_ask(account, destination)
    database.commit()
    return answer


def _sign_in_page(form: SignInForm) -> str | Response:
    return form_page("account/sign_in.html", form, place=passkeys.place_of(settings().public_url))


@bp.post("/sign-out")
def sign_out() -> Response:
    """End this account's sessions, on this device and on all others."""
    account = current_account()
    if account is not None:
        accounts.end_sessions(current_session(), account)
    logout_user()
    session.clear()
    current_session().commit()
    return redirect("/")


@bp.route("/welcome/<token>", methods=["GET", "POST"])
def welcome(token: str) -> str | Response:
    """Make the first account, which owns the service."""
    database = current_session()
    accounts.check_owner_token(database, settings().secret, token)
    form = OwnerForm()
    if not form.validate_on_submit():
        return form_page("account/welcome.html", form)
    try:
        account = accounts.create_owner(
            database,
            email=form.email.data,
            name=form.name.data,
            password=form.password.data,
            now=backends().clock(),
        )
    except Invalid as error:
        form.show(error)
        return form_page("account/welcome.html", form)
    begin_session(account)
    database.commit()
    return redirect("/studio/")


@bp.route("/reset", methods=["GET", "POST"])
def ask_reset() -> str | Response:
    """Ask for a link that sets a new password.

    The same text for everybody; the letter leaves after the answer, so that its time tells nothing.
    """
    form = ResetForm()
    sends = backends().mailer.sends
    if not sends or not form.validate_on_submit():
        return form_page("account/ask_reset.html", form, sends=sends, said=None)
    database, now = current_session(), backends().clock()
    try:
        attempts.begin_attempt(
            database,
            settings().secret,
            purpose="reset",
            email=form.email.data,
            address=request.remote_addr,
            now=now,
        )
    except TooOften:
        # said in the same words: only somebody's mailbox would notice
        return render_template("account/ask_reset.html", form=form, sends=True, said=LINK_SENT)
    account = accounts.find_account(database, form.email.data)
    letter = None
    if account is not None and account.active:
        link = accounts.reset_link(
            account, settings().secret, settings().public_url, now + accounts.MAILED_LINK_HOLDS
        )
        letter = _reset_letter(account, link)
    page = render_template("account/ask_reset.html", form=form, sends=True, said=LINK_SENT)
    database.commit()
    return page if letter is None else send_after(page, letter)


@bp.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> str | Response:
    """Set a new password by a link; signs the account out everywhere, and in here, by its second step too."""
    database = current_session()
    account = accounts.account_of_reset(database, settings().secrets, token, backends().clock())
    form = StartForm()
    if not form.validate_on_submit():
        return form_page("account/reset.html", form, holder=account)
    try:
        accounts.set_password(database, account, form.password.data)
    except Invalid as error:
        form.show(error)
        return form_page("account/reset.html", form, holder=account)
    answer = begin_or_ask(account, None)
    database.commit()
    return answer


def home() -> str:
    """Where a person who has just signed in wants to be: the studio, where it is open to them."""
    studio_open = access.works_in_studio(current_session(), current_account())
    return url_for("studio.dashboard") if studio_open else url_for("account.show")


@bp.get("/account")
def show() -> str | Response:
    """One's own account: name, roles, password."""
    return _account_page(signed_in(), NameForm(formdata=None), PasswordForm(formdata=None))


@bp.post("/account")
def rename() -> str | Response:
    """Change one's own name."""
    account, form = signed_in(), NameForm()
    if not form.validate_on_submit():
        return _account_page(account, form, PasswordForm(formdata=None))
    try:
        accounts.rename_account(current_session(), account, form.name.data)
    except Invalid as error:
        form.show(error)
        return _account_page(account, form, PasswordForm(formdata=None))
    current_session().commit()
    flash("Your name has been saved.")
    return redirect(url_for("account.show"))


@bp.post("/account/password")
def change_password() -> str | Response:
    """Change one's own password, which ends all other sessions."""
    account, form, database = signed_in(), PasswordForm(), current_session()
    if not form.validate_on_submit():
        return _account_page(account, NameForm(formdata=None), form)
    try:
        proof.check_password(account, form.current.data)
        accounts.set_password(database, account, form.password.data)
    except Invalid as error:
        database.rollback()
        form.show(error)
        return _account_page(account, NameForm(formdata=None), form)
    begin_session(account)
    note("changed their password")
    flash("Your password has been changed. Other devices have been signed out, and API tokens taken back.")
    database.commit()
    return redirect(url_for("account.show"))


def _account_page(account: Account, name_form: NameForm, password_form: PasswordForm) -> str | Response:
    if name_form.name.data is None:
        name_form.name.data = account.name
    memberships = current_session().execute(
        sa.select(Community, Membership.role)
        .join(Membership, Membership.community_id == Community.id)
        .where(Membership.account_id == account.id)
        .order_by(Community.name)
    )
    page = render_template(
        "account/show.html",
        holder=account,
        memberships=memberships.all(),
        has=factors.of_account(current_session(), account),
        tokens=len(api_tokens.of_account(current_session(), account)),
        name_form=name_form,
        password_form=password_form,
    )
    return with_problems(page) if name_form.errors or password_form.errors else page


def _reset_letter(account: Account, link: str) -> Letter:
    return Letter(
        account.email,
        f"Set a new password for {settings().service_name}",
        f"Hello {account.name},\n\n"
        f"open this address within two hours to set a new password:\n\n{link}\n\n"
        "If you did not ask for it, you need do nothing: your password stays as it is.\n",
    )
