"""Chapters edited in a table beside the sound; without a script it is a form with a few empty rows."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from itertools import zip_longest

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Conflict, Invalid
from app.models import Episode
from app.services import chapters
from app.services.chapters import Row
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import episode_to_make

#: Rows to write into where no script can add any.
EMPTY_ROWS = 5
#: A page never shows more, whatever was sent: beyond the limit of chapters, room to see what is wrong.
_MOST_ROWS = chapters.MOST + 20


@bp.route("/episodes/<uuid:episode_id>/chapters", methods=["GET", "POST"])
def episode_chapters(episode_id: uuid.UUID) -> ResponseReturnValue:
    """The table; saving brings the person back to it."""
    found, session = episode_to_make(episode_id), current_session()
    if request.method != "POST":
        return _page(found, chapters.rows(found))
    typed = _typed()
    try:
        chapters.edit(session, found, typed, request.form.get("seen", ""), backends().clock())
    except Invalid as refused:
        return _page(found, typed, refused.problems), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict as refused_change:
        session.rollback()
        return _page(found, typed, conflict=str(refused_change)), HTTPStatus.CONFLICT
    session.commit()
    flash("Saved.")
    return redirect(url_for("studio.episode_chapters", episode_id=episode_id))


def _typed() -> list[Row]:
    """The rows in the order of the page, without those that nobody wrote into."""
    sent = zip_longest(request.form.getlist("start"), request.form.getlist("title"), fillvalue="")
    rows = (Row(start, title) for start, title in sent)
    return [row for row in rows if not row.is_empty]


def _page(
    episode: Episode, typed: list[Row], problems: Mapping[str, str] | None = None, conflict: str = ""
) -> str:
    room = max(0, min(EMPTY_ROWS, chapters.MOST - len(typed)))
    return render_template(
        "studio/chapters.html",
        episode=episode,
        rows=[*typed[:_MOST_ROWS], *[Row("", "")] * room],
        problems=problems or {},
        conflict=conflict,
        theirs=chapters.rows(episode) if conflict else [],
        seen=chapters.version(episode),
        most=chapters.MOST,
        longest=chapters.LONGEST_TITLE,
    )
