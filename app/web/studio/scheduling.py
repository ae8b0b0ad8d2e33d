"""When an episode becomes public: a day and a time as people say them, with daylight saving made plain."""

import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid
from app.services import episodes
from app.web.current import backends, settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import ScheduleForm, page
from app.web.studio.guard import account, episode_to_make
from app.web.wording import weekday_in_words


@bp.route("/episodes/<uuid:episode_id>/schedule", methods=["GET", "POST"])
def episode_schedule(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Choose the moment from which it is public."""
    found, session, now = episode_to_make(episode_id), current_session(), backends().clock()
    zone, form = settings().zone, ScheduleForm()
    if form.validate_on_submit():
        try:
            at = moment(form.day.data, form.time.data, zone)
            episodes.schedule(session, found, at, account(), now)
        except Invalid as refused:
            session.rollback()
            form.blame(refused)
        else:
            session.commit()
            flash(f"It will be public from {weekday_in_words(at.astimezone(zone))}.")
            return redirect(url_for("studio.episode", episode_id=episode_id, _anchor="publish"))
    elif not form.is_submitted():
        shown = (found.public_from if episodes.waits(found, now) else _next_morning(now, zone)) or now
        form.day.data = shown.astimezone(zone).date()
        form.time.data = shown.astimezone(zone).time()
    return page(
        "studio/schedule_form.html",
        form,
        episode=found,
        zone=zone.key.replace("_", " "),
        change=next_change(now, zone),
    )


def moment(day: date | None, at: time | None, zone: ZoneInfo) -> datetime:
    """The moment that people in this zone mean by a day and a time.

    An hour that the clocks leave out is refused; of one that comes twice the first is taken. Raises Invalid.
    """
    problems = {}
    if day is None:
        problems["day"] = "Enter a day, such as 27 March 2026."
    if at is None:
        problems["time"] = "Enter a time, such as 09:00."
    if day is None or at is None:
        raise Invalid(problems)
    meant = datetime.combine(day, at, zone)
    utc = meant.astimezone(ZoneInfo("UTC"))
    if utc.astimezone(zone).replace(tzinfo=None) != meant.replace(tzinfo=None):
        raise Invalid(
            {"time": f"The clocks go forward that day: there is no {at:%H:%M}. Choose another time."}
        )
    return utc


def next_change(now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment of the day on which the clocks next change, within a year; None where they do not."""
    today = now.astimezone(zone).date()
    offset = datetime.combine(today, time(12), zone).utcoffset()
    for days in range(1, 367):
        noon = datetime.combine(today + timedelta(days=days), time(12), zone)
        if noon.utcoffset() != offset:
            return noon
    return None


def _next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Nine o'clock tomorrow: what most people choose."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(9), zone)
