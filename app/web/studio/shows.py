"""Shows in the studio: settings, seasons, artwork, the feed's address, the list of episodes."""

import uuid

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.artwork import LIMIT_BYTES, make_artwork
from app.errors import Conflict, Invalid, TooLarge, WrongKind
from app.models import Episode, ShowOrder
from app.services import access, artwork, shows
from app.web.current import backends, public_address, settings
from app.web.session import current_session
from app.web.studio import listeners
from app.web.studio.blueprint import bp
from app.web.studio.forms import ArtworkForm, SeasonForm, ShowForm, page
from app.web.studio.guard import account, community_to_manage, show_to_make, show_to_manage
from app.web.studio.undo import flash_with_undo

_MOST = 500


@bp.route("/communities/<slug>/shows/new", methods=["GET", "POST"])
def show_new(slug: str) -> ResponseReturnValue:
    """A new show of a community."""
    community, session = community_to_manage(slug), current_session()
    form = ShowForm()
    if form.validate_on_submit():
        try:
            made = shows.create(
                session, community, _said(form), backends().settings.public_url, backends().clock()
            )
        except Invalid as refused:
            form.blame(refused)
        else:
            show_slug = made.slug
            session.commit()
            flash("The show has been added.")
            return redirect(url_for("studio.show", slug=show_slug))
    elif not form.is_submitted():
        form.category.data = "Health & Fitness|Medicine"
        form.order.data = ShowOrder.episodic.value
        form.producers_publish.data = form.locked.data = True
        form.author.data = community.name
        form.owner_email.data = settings().contact_email
    return page("studio/show_form.html", form, show=None, community=community)


@bp.get("/shows/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """The show's episodes, its feed address and its picture."""
    found, session = show_to_make(slug), current_session()
    episodes = session.scalars(
        sa.select(Episode)
        .where(Episode.show_id == found.id, Episode.deleted_at.is_(None))
        .order_by(Episode.created_at.desc())
        .limit(_MOST)
    ).all()
    return render_template(
        "studio/show.html",
        show=found,
        episodes=episodes,
        manages=access.role_in(session, account(), found.community_id) == "facilitator",
        listeners=listeners.of_show(found),
        feed_address=public_address(url_for("feed.show_feed", slug=found.slug)),
    )


@bp.route("/shows/<slug>/edit", methods=["GET", "POST"])
def show_edit(slug: str) -> ResponseReturnValue:
    """Change the show's settings."""
    found, session = show_to_manage(slug), current_session()
    form = ShowForm(obj=found)
    if form.validate_on_submit():
        try:
            shows.edit(session, found, _said(form, found.artwork_alt), backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            session.commit()
            flash("Saved.")
            return redirect(url_for("studio.show", slug=slug))
    elif not form.is_submitted():
        form.category.data = f"{found.category}|{found.subcategory}"
        form.order.data = found.order.value
    return page("studio/show_form.html", form, show=found, community=found.community)


@bp.route("/shows/<slug>/artwork", methods=["GET", "POST"])
def show_artwork(slug: str) -> ResponseReturnValue:
    """The show's picture, made square and written anew."""
    found, session = show_to_manage(slug), current_session()
    form = ArtworkForm()
    if form.validate_on_submit():
        try:
            sha256 = _picture(form, found.id, found.artwork_sha256)
            found = show_to_manage(slug)
            artwork.use(session, found, sha256, form.artwork_alt.data or "", backends().clock())
        except Invalid as refused:
            form.blame(refused)
        except (TooLarge, WrongKind) as refused_file:
            form.blame(Invalid({"picture": str(refused_file)}))
        else:
            session.commit()
            flash("The picture has been saved.")
            return redirect(url_for("studio.show", slug=slug))
    elif not form.is_submitted():
        form.artwork_alt.data = found.artwork_alt
    return page("studio/artwork_form.html", form, show=show_to_manage(slug))


@bp.route("/shows/<slug>/seasons", methods=["GET", "POST"])
def show_seasons(slug: str) -> ResponseReturnValue:
    """The show's seasons, and a new one."""
    found, session = show_to_manage(slug), current_session()
    form = SeasonForm()
    if form.validate_on_submit():
        try:
            shows.add_season(session, found, form.number.data, form.name.data or "", backends().clock())
        except Invalid as refused:
            form.blame(refused)
        else:
            session.commit()
            flash("The season has been added.")
            return redirect(url_for("studio.show_seasons", slug=slug))
    if not form.is_submitted():
        form.number.data = max((season.number for season in found.seasons), default=0) + 1
    return page("studio/seasons.html", form, show=found)


@bp.post("/shows/<slug>/seasons/<uuid:season_id>/remove")
def season_remove(slug: str, season_id: uuid.UUID) -> ResponseReturnValue:
    """Remove an empty season."""
    found, session = show_to_manage(slug), current_session()
    said = next(({"number": s.number, "name": s.name} for s in found.seasons if s.id == season_id), {})
    try:
        shows.remove_season(session, found, season_id, backends().clock())
    except Conflict as refused:
        flash(str(refused))
        return redirect(url_for("studio.show_seasons", slug=slug))
    session.commit()
    where = url_for("studio.show_seasons", slug=slug)
    flash_with_undo(f"Season {said.get('number')} has been removed.", where, **said)
    return redirect(where)


def _picture(form: ArtworkForm, show_id: uuid.UUID, known: str | None) -> str:
    """Make the picture and store it, with no transaction open; its hash. Without a new one the old stays."""
    file = form.picture.data
    if not isinstance(file, FileStorage) or not file.filename:
        if known is None:
            raise Invalid({"picture": "Choose a picture."})
        return known
    current_session().rollback()
    made = make_artwork(file.stream.read(LIMIT_BYTES + 1))
    artwork.put(backends().store, show_id, made)
    return made.sha256


def _said(form: ShowForm, artwork_alt: str = "") -> shows.ShowFields:
    category, _, subcategory = (form.category.data or "").partition("|")
    return shows.ShowFields(
        title=form.title.data or "",
        description=form.description.data or "",
        language=form.language.data or "",
        spoken_language=form.spoken_language.data or "",
        category=category,
        subcategory=subcategory,
        explicit=bool(form.explicit.data),
        author=form.author.data or "",
        owner_email=form.owner_email.data or "",
        copyright=form.copyright.data or "",
        order=ShowOrder(form.order.data),
        requires_checked=bool(form.requires_checked.data),
        accurate=bool(form.accurate.data),
        producers_publish=bool(form.producers_publish.data),
        locked=bool(form.locked.data),
        verify_text=form.verify_text.data or "",
        artwork_alt=artwork_alt,
    )
