"""Communities in the studio: made by the owner, kept by facilitators."""

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid, NotAllowed
from app.models import Show
from app.services import access, communities
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import CommunityForm, page
from app.web.studio.guard import account, community_to_make, community_to_manage


@bp.route("/communities/new", methods=["GET", "POST"])
def community_new() -> ResponseReturnValue:
    """A new community; the owner only."""
    if not account().is_owner:
        raise NotAllowed("Only the owner of this service can add a community.")
    form, session = CommunityForm(), current_session()
    if form.validate_on_submit():
        try:
            community = communities.create(session, account(), _said(form), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            slug = community.slug
            session.commit()
            flash("The community has been added. Now add its first show.")
            return redirect(url_for("studio.community", slug=slug))
    return page("studio/community_form.html", form, community=None)


@bp.get("/communities/<slug>")
def community(slug: str) -> ResponseReturnValue:
    """Its shows and people, and what can be done here."""
    found, session = community_to_make(slug), current_session()
    shows = session.scalars(
        sa.select(Show).where(Show.community_id == found.id, Show.deleted_at.is_(None)).order_by(Show.title)
    ).all()
    manages = access.role_in(session, account(), found.id) == "facilitator"
    return render_template("studio/community.html", community=found, shows=shows, manages=manages)


@bp.route("/communities/<slug>/edit", methods=["GET", "POST"])
def community_edit(slug: str) -> ResponseReturnValue:
    """Change what is said of it."""
    found, session = community_to_manage(slug), current_session()
    form = CommunityForm(obj=found)
    if not form.links.raw_data:  # shown for the first time, or not sent: they stay as they are
        form.links.data = communities.links_as_text(found)
    if form.validate_on_submit():
        try:
            communities.edit(session, found, _said(form), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            session.commit()
            flash("Saved.")
            return redirect(url_for("studio.community", slug=slug))
    return page("studio/community_form.html", form, community=found)


def _said(form: CommunityForm) -> communities.CommunityFields:
    return communities.CommunityFields(
        name=form.name.data or "",
        summary=form.summary.data or "",
        domain=form.domain.data or "",
        community=form.community.data or "",
        practice=form.practice.data or "",
        learning_agenda=form.learning_agenda.data or "",
        links=form.links.data or "",
        contact_email=form.contact_email.data or "",
    )
