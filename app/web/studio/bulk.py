"""The same change for several episodes of a show: asked once, done one by one, what cannot be is named."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.errors import Conflict, NotAllowed
from app.models import Account, Episode, Show
from app.services import episodes
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import PlainForm
from app.web.studio.guard import account, show_to_make
from app.web.studio.undo import flash_with_undo

#: As many as the page of a show lists.
MOST = 200


@dataclass(frozen=True)
class Bulk:
    """A change: what is asked, what its button says, and how what was done is said of how many."""

    change: Callable[[Session, Episode, Account, datetime], None]
    question: str
    button: str
    done: str


BULK = {
    "publish": Bulk(episodes.publish, "Publish these episodes?", "Publish them", "published"),
    "unpublish": Bulk(
        episodes.unpublish, "Unpublish these episodes for now?", "Unpublish them", "no longer public"
    ),
    "bin": Bulk(episodes.to_bin, "Move these episodes to the bin?", "Move them to the bin", "in the bin"),
    "restore": Bulk(episodes.from_bin, "Take these episodes out of the bin?", "Take them out", "back"),
}


@bp.post("/shows/<slug>/episodes/<any(publish, unpublish, bin, restore):what>")
def episodes_bulk(slug: str, what: str) -> ResponseReturnValue:
    """Ask, then do: `sure` says that the person has been asked."""
    show, session, wanted = show_to_make(slug), current_session(), BULK[what]
    chosen = _chosen(session, show)
    if not chosen:
        flash("Choose at least one episode first.")
        return redirect(url_for("studio.show", slug=slug))
    if not request.form.get("sure"):
        return render_template(
            "studio/bulk.html", form=PlainForm(), show=show, chosen=chosen, asked=wanted, what=what
        )
    done, refused = [], []
    for episode in chosen:
        try:
            with session.begin_nested():
                wanted.change(session, episode, account(), backends().clock())
        except (Conflict, NotAllowed) as error:
            refused.append(f"“{episode.title}” was left as it was. {error}")
        else:
            done.append(episode.id)
    _say(show, what, wanted, done)
    for words in refused:
        flash(words)
    session.commit()
    return redirect(url_for("studio.show", slug=slug))


def _say(show: Show, what: str, wanted: Bulk, done: list[uuid.UUID]) -> None:
    if not done:
        return
    text = f"{len(done)} episode{'' if len(done) == 1 else 's'}: {wanted.done}."
    if what == "bin":
        where = url_for("studio.episodes_bulk", slug=show.slug, what="restore")
        flash_with_undo(text, where, sure="yes", episode=",".join(str(identity) for identity in done))
    else:
        flash(text)


def _chosen(session: Session, show: Show) -> list[Episode]:
    """The episodes of this show that were ticked, in the order of the page; others are not known here."""
    wanted = set()
    for text in ",".join(request.form.getlist("episode")).split(",")[:MOST]:
        try:
            wanted.add(uuid.UUID(text))
        except ValueError:
            continue
    return list(
        session.scalars(
            sa.select(Episode)
            .where(Episode.show_id == show.id, Episode.id.in_(wanted))
            .order_by(Episode.created_at.desc())
        )
    )
