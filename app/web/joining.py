"""Coming and going: accepting an invitation, leaving a community, another e-mail address.

What one may do about one's own account besides signing in (account.py).
"""

from datetime import timedelta

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.backends import Backends
from app.errors import Invalid
from app.mail import Letter
from app.models import Account, Invitation
from app.services import access, accounts, members
from app.services.audit import Subject
from app.services.published import public_community
from app.web import proof
from app.web.account import begin_session, form_page, signed_in
from app.web.account_forms import AccountForm, EmailForm, JoinForm
from app.web.audited import note, subject_is
from app.web.current import backends, current_account, settings
from app.web.letters import send_after
from app.web.session import current_session

bp = Blueprint("joining", __name__)

#: What is said to whoever asks for another address, whether or not somebody has it already.
LETTER_SENT = "A letter is on its way to {email}. Open the link in it to make this your address."


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Say yes: as who is signed in, or by making an account for the invited address."""
    session, now = current_session(), backends().clock()
    found = members.of_link(session, settings().secrets, token, now)
    account = current_account()
    if account is not None:
        return _accept(found, account)
    if accounts.find_account(session, found.email) is not None:
        return render_template("account/invitation_known.html", invitation=found)
    form = JoinForm()
    if not form.validate_on_submit():
        return form_page("account/invitation_new.html", form, invitation=found)
    try:
        made = members.join(session, found, name=form.name.data, password=form.password.data, now=now)
    except Invalid as error:
        session.rollback()
        form.show(error)
        return form_page("account/invitation_new.html", form, invitation=found)
    return _welcome(found, made, is_new=True)


def _accept(found: Invitation, account: Account) -> ResponseReturnValue:
    form = AccountForm()
    if not form.validate_on_submit():
        return render_template("account/invitation_accept.html", form=form, invitation=found, holder=account)
    members.accept(current_session(), found, account, backends().clock())
    return _welcome(found, account)


def _welcome(found: Invitation, account: Account, *, is_new: bool = False) -> ResponseReturnValue:
    community = found.community
    place = f"/studio/communities/{community.slug}"
    subject_is(Subject(f"{community.name}, as a {found.role.value}", place, community.id), by=account)
    open_to_them = access.works_in_studio(current_session(), account)
    if is_new:
        begin_session(account)
    flash(f"Welcome to {found.community.name}.")
    current_session().commit()
    return redirect(url_for("studio.dashboard") if open_to_them else url_for("account.show"))


@bp.route("/account/leave/<slug>", methods=["GET", "POST"])
def leave(slug: str) -> ResponseReturnValue:
    """Give up one's role in a community, asked once more."""
    account, session = signed_in(), current_session()
    community = public_community(session, slug)
    form = AccountForm()
    if not form.validate_on_submit():
        return render_template("account/leave.html", form=form, community=community)
    name = community.name
    members.leave(session, account, community)
    session.commit()
    flash(f"You have left {name}.")
    return redirect(url_for("account.show"))


@bp.route("/account/email", methods=["GET", "POST"])
def change_email() -> ResponseReturnValue:
    """Another address to sign in with; proved by a letter to it where letters can be sent."""
    account, session = signed_in(), current_session()
    form = EmailForm()
    if not form.validate_on_submit():
        return form_page("account/email.html", form, holder=account)
    try:
        proof.check_password(account, form.current.data)
        wanted = accounts.normal_email(form.email.data)
        if backends().mailer.sends:
            return _prove(account, wanted)
        before = account.email
        accounts.change_email(session, account, wanted)
        note("changed their e-mail address")
    except Invalid as error:
        session.rollback()
        form.show(error)
        return form_page("account/email.html", form, holder=account)
    flash(f"Your e-mail address is {account.email} now, and no longer {before}.")
    session.commit()
    return redirect(url_for("account.show"))


def _prove(account: Account, wanted: str) -> ResponseReturnValue:
    link = accounts.email_link(
        account,
        wanted,
        settings().secret,
        settings().public_url,
        backends().clock() + accounts.MAILED_LINK_HOLDS,
    )
    hours = accounts.MAILED_LINK_HOLDS // timedelta(hours=1)
    text = render_template("account/email.txt", holder=account, link=link, hours=hours)
    flash(LETTER_SENT.format(email=wanted))
    current_session().commit()
    answer = redirect(url_for("account.show"))
    return send_after(answer, Letter(wanted, f"Your e-mail address for {settings().service_name}", text))


@bp.route("/account/email/<token>", methods=["GET", "POST"])
def prove_email(token: str) -> ResponseReturnValue:
    """The link of the letter: the address changes when its holder says so."""
    session = current_session()
    account, wanted = accounts.of_email_link(session, settings().secrets, token, backends().clock())
    form = AccountForm()
    if not form.validate_on_submit():
        return render_template("account/email_prove.html", form=form, wanted=wanted)
    before, name = account.email, account.name
    subject_is(Subject(name), by=account)
    try:
        accounts.change_email(session, account, wanted)
    except Invalid as error:
        session.rollback()
        return render_template("account/email_prove.html", form=form, wanted=wanted, problem=str(error)), 422
    session.commit()
    flash(f"Your e-mail address is {wanted} now.")
    text = render_template("account/email_changed.txt", name=name, wanted=wanted)
    answer = redirect(url_for("account.show"))
    return send_after(answer, Letter(before, f"Your e-mail address for {settings().service_name}", text))
