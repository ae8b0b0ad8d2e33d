"""Who belongs to a community, for its facilitators: invitations, roles."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid, NotFound
from app.mail import Letter
from app.models import Community, Invitation, MemberRole
from app.services import access, members
from app.services.audit import Subject
from app.web.audited import subject_is
from app.web.current import backends, settings
from app.web.letters import send_after
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import MemberForm, page
from app.web.studio.guard import account, community_to_manage


@bp.route("/communities/<slug>/members", methods=["GET", "POST"])
def community_members(slug: str) -> ResponseReturnValue:
    """Everybody with a role, and a form that asks somebody in."""
    found, session = community_to_manage(slug), current_session()
    form = MemberForm()
    if form.validate_on_submit():
        try:
            made = members.invite(
                session,
                found,
                form.email.data or "",
                MemberRole(form.role.data),
                account(),
                backends().clock(),
            )
        except Invalid as refused:
            session.rollback()
            form.blame(refused)
        else:
            shown = _page(found, MemberForm(formdata=None), made)
            subject_is(Subject(f"{made.email}, as a {made.role.value}", community_id=found.id))
            session.commit()
            return _with_letter(shown, made)
    return _page(found, form)


@bp.post("/invitations/<uuid:invitation_id>/link")
def invitation_link(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """The link once more, for whoever has lost it."""
    invitation = _invitation(invitation_id)
    return _page(invitation.community, MemberForm(formdata=None), invitation)


@bp.post("/invitations/<uuid:invitation_id>/take-back")
def invitation_take_back(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Nobody can accept it any more."""
    invitation, session = _invitation(invitation_id), current_session()
    slug, email = invitation.community.slug, invitation.email
    subject_is(Subject(email, community_id=invitation.community_id))
    members.take_back(session, invitation)
    session.commit()
    flash(f"The invitation of {email} has been taken back.")
    return redirect(url_for("studio.community_members", slug=slug))


@bp.post("/communities/<slug>/members/<uuid:account_id>")
def member_role(slug: str, account_id: uuid.UUID) -> ResponseReturnValue:
    """Another role for a member, or none any more."""
    found, session = community_to_manage(slug), current_session()
    wanted = request.form.get("role", "")
    if wanted and wanted not in set(MemberRole):
        raise Invalid({"role": "Choose one of the roles."})
    role = MemberRole(wanted) if wanted else None
    holder = members.change_role(session, found, account_id, role, account(), backends().clock())
    subject_is(Subject(f"{holder.name}: {wanted or 'no role any more'}", community_id=found.id))
    flash(f"{holder.name} is {wanted} now." if wanted else f"{holder.name} is not a member any more.")
    session.commit()
    return redirect(url_for("studio.community_members", slug=slug))


def _invitation(invitation_id: uuid.UUID) -> Invitation:
    found = members.open_invitation(current_session(), invitation_id, backends().clock())
    try:
        access.require_managing(current_session(), account(), found.community_id)
    except NotFound as error:
        raise NotFound("This invitation is no longer open.") from error
    return found


def _page(community: Community, form: MemberForm, made: Invitation | None = None) -> ResponseReturnValue:
    session = current_session()
    return page(
        "studio/members.html",
        form,
        community=community,
        everyone=members.of_community(session, community),
        waiting=members.waiting(session, community, backends().clock()),
        roles=tuple(MemberRole),
        made=made,
        link=members.link(made, settings().secret, settings().public_url) if made else None,
        link_days=members.INVITATION_HOLDS.days,
        sends=backends().mailer.sends,
    )


def _with_letter(shown: ResponseReturnValue, made: Invitation) -> ResponseReturnValue:
    """The page, and behind it a letter where letters can be sent."""
    if not backends().mailer.sends:
        return shown
    link = members.link(made, settings().secret, settings().public_url)
    text = render_template(
        "studio/invitation.txt",
        invitation=made,
        by=account(),
        link=link,
        link_days=members.INVITATION_HOLDS.days,
    )
    return send_after(shown, Letter(made.email, f"You are invited to {made.community.name}", text))
