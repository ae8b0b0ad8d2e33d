"""Who did what in an episode, and who agreed that their story is published."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid
from app.models import CreditRole, Episode, EpisodeKind, Person
from app.services import drafts, fields, people
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import ConsentForm, CreditForm, PlainForm, options, page
from app.web.studio.guard import account, episode_to_make
from app.web.studio.undo import flash_with_undo

#: All that is missing is said at once; what it may be is said by services/drafts.py.
_WANTED = {
    "person": "Choose who agreed.",
    "purpose": "Say what they agreed to.",
    "how_given": "Say how they agreed, for example: on the signed form, in the recording.",
    "given_on": "Enter the day on which they agreed.",
    "taken_by": "Say who asked them.",
}


def credit_form(episode: Episode) -> CreditForm:
    """The form, with the people of the community to choose from."""
    form = CreditForm()
    known = _known(episode)
    form.person.choices = options([("", "Choose a person"), *known])
    if not known:
        form.new_name.label.text = "Name"
    if not form.is_submitted():
        story = episode.kind is EpisodeKind.story and not episode.credits
        form.role.data = (CreditRole.storyteller if story else CreditRole.guest).value
    return form


def consent_form(episode: Episode) -> ConsentForm:
    """The form, with those who are named in the episode first."""
    form = ConsentForm()
    form.person.choices = options([("", "Choose a person"), *_known(episode)])
    if not form.is_submitted():
        form.taken_by.data = account().name
    return form


@bp.route("/episodes/<uuid:episode_id>/people", methods=["GET", "POST"])
def credit_add(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Name somebody: known to the community, or new."""
    found, session, now = episode_to_make(episode_id), current_session(), backends().clock()
    form = credit_form(found)
    if form.validate_on_submit():
        try:
            if (form.new_name.data or "").strip():
                person = people.add(session, found.show.community, form.new_name.data, "", "", now)
            else:
                person = _chosen(form.person.data, "Choose a person, or enter the name of somebody new.")
            people.credit(session, found, person, CreditRole(form.role.data), now)
            name = person.public_name
        except Invalid as refused:
            session.rollback()
            form.blame(_renamed(refused, "public_name", "new_name"))
        else:
            session.commit()
            flash(f"{name} has been added.")
            return redirect(url_for("studio.episode", episode_id=episode_id, _anchor="people"))
    return page("studio/credit_form.html", form, episode=found)


@bp.post("/episodes/<uuid:episode_id>/people/<uuid:credit_id>/remove")
def credit_remove(episode_id: uuid.UUID, credit_id: uuid.UUID) -> ResponseReturnValue:
    """Take somebody out of the credits."""
    found, session = episode_to_make(episode_id), current_session()
    person, role = people.take_out(session, found, credit_id, backends().clock())
    flash_with_undo(
        f"{person.public_name} has been taken out.",
        url_for("studio.credit_add", episode_id=episode_id),
        person=person.id,
        role=role.value,
    )
    session.commit()
    return redirect(url_for("studio.episode", episode_id=episode_id, _anchor="people"))


@bp.route("/episodes/<uuid:episode_id>/consent", methods=["GET", "POST"])
def consent_add(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Keep that somebody agreed: for what, how, when, asked by whom."""
    found, session, now = episode_to_make(episode_id), current_session(), backends().clock()
    form = consent_form(found)
    if form.validate_on_submit():
        try:
            given_on = form.given_on.data
            if given_on is None or not form.person.data:
                raise Invalid(fields.missing(form.data, _WANTED))
            person = people.get(session, uuid.UUID(form.person.data))
            drafts.record_consent(
                session,
                found,
                person,
                account(),
                now,
                purpose=form.purpose.data or "",
                how_given=form.how_given.data or "",
                given_on=given_on,
                taken_by=form.taken_by.data or "",
            )
        except Invalid as refused:
            session.rollback()
            form.blame(refused)
        else:
            session.commit()
            flash("The consent has been recorded.")
            return redirect(url_for("studio.episode", episode_id=episode_id, _anchor="consent"))
    return page("studio/consent_form.html", form, episode=found)


@bp.route("/episodes/<uuid:episode_id>/consent/<uuid:consent_id>/withdraw", methods=["GET", "POST"])
def consent_withdraw(episode_id: uuid.UUID, consent_id: uuid.UUID) -> ResponseReturnValue:
    """The person no longer agrees: asked once more, then done at once."""
    found, session = episode_to_make(episode_id), current_session()
    consent = drafts.consent_of(found, consent_id)
    form = PlainForm()
    if form.validate_on_submit():
        drafts.withdraw_consent(session, found, consent, backends().clock())
        session.commit()
        flash("The consent has been withdrawn.")
        return redirect(url_for("studio.episode", episode_id=episode_id, _anchor="consent"))
    return render_template("studio/consent_withdraw.html", form=form, episode=found, consent=consent)


def _known(episode: Episode) -> list[tuple[str, str]]:
    """The people of the community, those of this episode first."""
    here = {credit.person_id for credit in episode.credits}
    everyone = people.of_community(current_session(), episode.show.community_id)
    return [
        (str(person.id), person.public_name) for person in sorted(everyone, key=lambda p: p.id not in here)
    ]


def _chosen(text: str | None, otherwise: str) -> Person:
    if not text:
        raise Invalid({"person": otherwise})
    return people.get(current_session(), uuid.UUID(text))


def _renamed(refused: Invalid, old: str, new: str) -> Invalid:
    return Invalid({new if name == old else name: message for name, message in refused.problems.items()})
