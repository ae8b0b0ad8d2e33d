"""Who has an account, with which role in which community: for the owner.

Accounts begin without a password: the owner hands over a link by which its holder sets one.
"""

import uuid

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from app.errors import Invalid, NotFound
from app.mail import Letter
from app.models import Account, Community, MemberRole, Membership
from app.services import accounts, factors
from app.services.published import NOTHING_HERE
from app.web.account_forms import AccountForm
from app.web.current import backends, settings
from app.web.errors import with_problems
from app.web.letters import send_after
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import PlainForm
from app.web.studio.guard import account


class NewAccountForm(AccountForm):
    """Somebody who is to have an account."""

    name = StringField("Name", [DataRequired("Enter a name"), Length(max=200)])
    email = StringField("E-mail address", [DataRequired("Enter an e-mail address"), Length(max=254)])


@bp.get("/accounts")
def list_accounts() -> ResponseReturnValue:
    """All accounts and their roles."""
    _require_owner()
    return _page(NewAccountForm(formdata=None))


@bp.post("/accounts")
def add_account() -> ResponseReturnValue:
    """Make an account, and show the link by which its holder sets a password."""
    _require_owner()
    form = NewAccountForm()
    if not form.validate_on_submit():
        return with_problems(_page(form))
    try:
        made = accounts.create_account(
            current_session(), email=form.email.data, name=form.name.data, now=backends().clock()
        )
    except Invalid as error:
        form.show(error)
        return with_problems(_page(form))
    page = _page(NewAccountForm(formdata=None), made)
    current_session().commit()
    return page


@bp.post("/accounts/<uuid:account_id>/link")
def make_link(account_id: uuid.UUID) -> ResponseReturnValue:
    """Show a link by which the account's holder sets a new password."""
    _require_owner()
    return _page(NewAccountForm(formdata=None), _account(account_id))


@bp.post("/accounts/<uuid:account_id>/roles")
def set_roles(account_id: uuid.UUID) -> Response:
    """Give the account a role in a community, or none."""
    _require_owner()
    holder = _account(account_id)
    community_id = _uuid(request.form.get("community", ""))
    community = current_session().get(Community, community_id) if community_id else None
    if community is None:
        raise NotFound("There is no such community.")
    wanted = request.form.get("role", "")
    if wanted and wanted not in set(MemberRole):
        raise Invalid({"role": "Choose one of the roles"})
    accounts.set_membership(
        current_session(),
        holder,
        community.id,
        MemberRole(wanted) if wanted else None,
        backends().clock(),
    )
    flash(f"{holder.name}: {wanted or 'no role'} in {community.name}.")
    current_session().commit()
    return redirect(url_for("studio.list_accounts"))


@bp.route("/accounts/<uuid:account_id>/close", methods=["GET", "POST"])
def close_account(account_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody in no more: asked once more, then done at once."""
    _require_owner()
    holder, form = _account(account_id), PlainForm()
    if form.validate_on_submit():
        accounts.close_account(current_session(), holder, account())
        flash(f"The account of {holder.name or holder.email} has been closed.")
        current_session().commit()
        return redirect(url_for("studio.list_accounts"))
    return render_template("studio/account_close.html", form=form, holder=holder)


@bp.post("/accounts/<uuid:account_id>/open")
def open_account(account_id: uuid.UUID) -> Response:
    """Let somebody in again."""
    _require_owner()
    holder = _account(account_id)
    accounts.open_account(current_session(), holder)
    flash(f"The account of {holder.name or holder.email} is open again.")
    current_session().commit()
    return redirect(url_for("studio.list_accounts"))


@bp.route("/accounts/<uuid:account_id>/second-step/off", methods=["GET", "POST"])
def take_off_factors(account_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody who lost their phone in by the password alone: asked once more, and told by a letter."""
    _require_owner()
    holder, form, session = _account(account_id), PlainForm(), current_session()
    if holder.id == account().id:  # one's own asks for the password
        return redirect(url_for("factors.show"))
    has = factors.in_words(session).get(holder.id)
    if has is None:
        return redirect(url_for("studio.list_accounts"))
    if not form.validate_on_submit():
        return render_template("studio/account_factors_off.html", form=form, holder=holder, has=has)
    factors.take_off(session, holder)
    accounts.end_sessions(session, holder)
    text = render_template("account/factors_taken_off.txt", name=holder.name, by=account().name)
    flash(f"{holder.name or holder.email} signs in with the password alone now.")
    session.commit()
    letter = Letter(holder.email, f"How you sign in to {settings().service_name}", text)
    return send_after(redirect(url_for("studio.list_accounts")), letter)


def _require_owner() -> None:
    if not account().is_owner:
        raise NotFound(NOTHING_HERE)


def _account(account_id: uuid.UUID) -> Account:
    found = current_session().get(Account, account_id)
    if found is None:
        raise NotFound(NOTHING_HERE)
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _page(form: NewAccountForm, linked: Account | None = None) -> str:
    """The page; with the link of one account where it has just been made, and never again."""
    session = current_session()
    held: dict[uuid.UUID, dict[uuid.UUID, MemberRole]] = {}
    for membership in session.scalars(sa.select(Membership)):
        held.setdefault(membership.account_id, {})[membership.community_id] = membership.role
    link = None
    if linked is not None:
        expires_at = backends().clock() + accounts.HANDED_LINK_HOLDS
        link = accounts.reset_link(linked, settings().secret, settings().public_url, expires_at)
    return render_template(
        "studio/accounts.html",
        form=form,
        accounts=accounts.everybody(session),
        communities=session.scalars(sa.select(Community).order_by(Community.name)).all(),
        roles=tuple(MemberRole),
        held=held,
        second_steps=factors.in_words(session),
        linked=linked,
        link=link,
        link_days=accounts.HANDED_LINK_HOLDS.days,
    )
