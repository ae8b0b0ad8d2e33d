"""What the public sees of an episode: publish, take back, withdraw, bin. Rules: services/episodes.py."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models import Account, Episode, EpisodeState, PublishWish
from app.services import draft_links, episodes
from app.web.current import backends, public_address
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import PlainForm
from app.web.studio.guard import account, episode_to_make
from app.web.studio.undo import flash_with_undo

Change = Callable[[Session, Episode, Account, datetime], None]


@dataclass(frozen=True)
class Asked:
    """A change that is asked about once more: the question, what follows, the button, what is said after."""

    change: Change
    question: str
    follows: tuple[str, ...]
    button: str
    done: str
    is_grave: bool = False


ASKED = {
    "unpublish": Asked(
        episodes.unpublish,
        "Unpublish this episode?",
        (
            "Nobody can find, hear or read it until you publish it again.",
            "Podcast apps remove it when they next look, most within a day.",
            "You can publish it again at any time; links to it will then work again.",
        ),
        "Unpublish it",
        "The episode is no longer public.",
    ),
    "withdraw": Asked(
        episodes.withdraw,
        "Withdraw this episode for good?",
        (
            "Its page says that it was withdrawn; podcast apps and search engines are told to forget it.",
            "Copies that people have already downloaded cannot be called back.",
            "Use this when somebody no longer agrees. To hide it only for now, unpublish it instead.",
        ),
        "Withdraw it",
        "The episode has been withdrawn.",
        is_grave=True,
    ),
    "bin": Asked(
        episodes.to_bin,
        "Move this episode to the bin?",
        (
            "If it is published, it stops being public at once.",
            f"You can take it out again for {episodes.BIN_DAYS} days.",
            "After that its recording, sound and transcript are deleted.",
        ),
        "Move to the bin",
        "The episode is in the bin.",
        is_grave=True,
    ),
}


@bp.post("/episodes/<uuid:episode_id>/publish/<wanted>")
def episode_publish(episode_id: uuid.UUID, wanted: str) -> ResponseReturnValue:
    """Publish it now, or as soon as its transcript is ready; "none" takes a wish back."""
    found, session, now = episode_to_make(episode_id), current_session(), backends().clock()
    try:
        wish = PublishWish(wanted)
    except ValueError as error:
        raise NotFound("There is nothing at this address.") from error
    episodes.ask_to_publish(session, found, wish, account(), now)
    flash(_said_after(found))
    session.commit()
    return redirect(url_for("studio.episode", episode_id=episode_id))


@bp.route("/episodes/<uuid:episode_id>/<any(unpublish, withdraw, bin):what>", methods=["GET", "POST"])
def episode_take_back(episode_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """Asked once more, then done."""
    found, session = episode_to_make(episode_id), current_session()
    asked, form = ASKED[what], PlainForm()
    if form.validate_on_submit():
        was_public = episodes.is_public(found, backends().clock())
        asked.change(session, found, account(), backends().clock())
        session.commit()
        if what == "bin":
            where = url_for("studio.episode_restore", episode_id=episode_id)
            flash_with_undo(asked.done, where, public="yes" if was_public else "")
        else:
            flash(asked.done)
        return redirect(url_for("studio.episode", episode_id=episode_id))
    return render_template("studio/confirm.html", form=form, episode=found, asked=asked)


@bp.post("/episodes/<uuid:episode_id>/restore")
def episode_restore(episode_id: uuid.UUID) -> ResponseReturnValue:
    """Out of the bin again, not published."""
    found, session = episode_to_make(episode_id), current_session()
    public = request.form.get("public") == "yes"
    episodes.from_bin(session, found, account(), backends().clock(), public=public)
    session.commit()
    flash("The episode is back, and public again." if public else "The episode is back. It is not published.")
    return redirect(url_for("studio.episode", episode_id=episode_id))


@bp.post("/episodes/<uuid:episode_id>/draft-links")
def draft_link_make(episode_id: uuid.UUID) -> ResponseReturnValue:
    """A new draft link, shown on the page that follows and never again."""
    found, session = episode_to_make(episode_id), current_session()
    _, token = draft_links.make(session, found, account(), backends().clock())
    shown = render_template(
        "studio/draft_links.html",
        form=PlainForm(),
        episode=found,
        links=draft_links.of_episode(session, found),
        link=public_address(url_for("draft.episode", token=token)),
    )
    session.commit()
    return shown


@bp.get("/episodes/<uuid:episode_id>/draft-links")
def draft_link_list(episode_id: uuid.UUID) -> ResponseReturnValue:
    """The links that show this episode before it is public."""
    found = episode_to_make(episode_id)
    links = draft_links.of_episode(current_session(), found)
    return render_template("studio/draft_links.html", form=PlainForm(), episode=found, links=links, link=None)


@bp.post("/episodes/<uuid:episode_id>/draft-links/<uuid:link_id>/take-back")
def draft_link_take_back(episode_id: uuid.UUID, link_id: uuid.UUID) -> ResponseReturnValue:
    """It shows nothing any more."""
    found, session = episode_to_make(episode_id), current_session()
    draft_links.take_back(session, found, link_id)
    session.commit()
    flash("The draft link has been taken back. It shows nothing any more.")
    return redirect(url_for("studio.draft_link_list", episode_id=episode_id))


def _said_after(episode: Episode) -> str:
    if episode.state is EpisodeState.published:
        return "Published. Everybody can hear and read it now."
    return {
        PublishWish.none: "It stays a draft until you publish it.",
        PublishWish.when_ready: "It will be published when its transcript is ready.",
        PublishWish.now: "It will be published as soon as it can be heard.",
    }[episode.wish]
