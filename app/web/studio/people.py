"""People of a community: who is heard and credited in its shows."""

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.errors import Conflict, Invalid
from app.models import Community, Person
from app.services import access, people
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import PersonForm, page
from app.web.studio.guard import account, community_to_make
from app.web.studio.undo import flash_with_undo


@bp.route("/communities/<slug>/people", methods=["GET", "POST"])
def community_people(slug: str) -> ResponseReturnValue:
    """Everyone known to the community, and somebody new."""
    community, session = community_to_make(slug), current_session()
    form = PersonForm()
    if form.validate_on_submit():
        try:
            people.add(session, community, *_said(form), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            session.commit()
            flash("The person has been added.")
            return redirect(url_for("studio.community_people", slug=slug))
    everyone = people.of_community(session, community.id)
    return page("studio/people.html", form, community=community, everyone=everyone)


@bp.route("/people/<uuid:person_id>", methods=["GET", "POST"])
def person(person_id: uuid.UUID) -> ResponseReturnValue:
    """Change what is shown of a person."""
    found, session = _to_make(person_id), current_session()
    community = session.get_one(Community, found.community_id)
    form = PersonForm(obj=found)
    if form.validate_on_submit():
        try:
            people.edit(session, found, *_said(form), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            slug = community.slug
            session.commit()
            flash("Saved.")
            return redirect(url_for("studio.community_people", slug=slug))
    return page("studio/person_form.html", form, person=found, community=community)


@bp.post("/people/<uuid:person_id>/remove")
def person_remove(person_id: uuid.UUID) -> ResponseReturnValue:
    """Forget somebody who is named in no episode."""
    found, session = _to_make(person_id), current_session()
    slug = session.get_one(Community, found.community_id).slug
    said = {"public_name": found.public_name, "about": found.about, "link": found.link}
    try:
        people.remove(session, found)
    except Conflict as refused:
        flash(str(refused))
        return redirect(url_for("studio.person", person_id=person_id))
    session.commit()
    where = url_for("studio.community_people", slug=slug)
    flash_with_undo(f"{said['public_name']} has been removed.", where, **said)
    return redirect(url_for("studio.community_people", slug=slug))


def _to_make(person_id: uuid.UUID) -> Person:
    found = people.get(current_session(), person_id)
    access.require_making(current_session(), account(), found.community_id)
    return found


def _said(form: PersonForm) -> tuple[str, str, str]:
    return form.public_name.data or "", form.about.data or "", form.link.data or ""
