"""Who comes in: the studio is closed to everybody who does not make things in any community.

The hook opens the door; each view then asks for the role in the community of the object that it
shows or changes, so that an object of another community is not even known to exist (threats, T14).
"""

import uuid

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.errors import NotAllowed, NotFound, NotSignedIn
from app.models import Account, Community, Episode, Show
from app.services import access, drafts, shows
from app.services.published import NOTHING_HERE, public_community
from app.web.errors import wants_json
from app.web.proof import is_kept_out
from app.web.session import current_session
from app.web.studio.blueprint import bp


def signed_in() -> Account | None:
    """The account of this request's cookie, or nobody."""
    if not current_user.is_authenticated:
        return None
    account: Account = current_user._get_current_object()
    return account if account.active else None


def account() -> Account:
    """The account that works here; behind the hook there always is one."""
    found = signed_in()
    if found is None:
        raise NotSignedIn("You need to be signed in to work in the studio.")
    return found


def only_owner() -> Account:
    """The account, which owns the service; for others there is nothing here. Raises NotFound."""
    found = account()
    if not found.is_owner:
        raise NotFound(NOTHING_HERE)
    return found


@bp.before_request
def only_for_those_who_make() -> ResponseReturnValue | None:
    """Strangers are asked to sign in, members are told why the door is closed.

    Where the studio needs a second factor, whoever has none is led to where one is set up.
    """
    who = signed_in()
    if who is None:
        raise NotSignedIn("You need to be signed in to work in the studio.")
    if not access.works_in_studio(current_session(), who):
        raise NotAllowed("The studio is for producers and facilitators. Ask a facilitator to add you.")
    if is_kept_out(who):
        if request.method == "GET" and not wants_json():
            return redirect(url_for("factors.show"))
        raise NotAllowed("Set up a second step for your sign-in first: open Account, then Second step.")
    return None


def show_to_make(slug: str) -> Show:
    """A show in which this account makes episodes. Raises NotFound, NotAllowed."""
    return shows.to_make(current_session(), slug, account())


def show_to_manage(slug: str) -> Show:
    """A show that this account keeps. Raises NotFound, NotAllowed."""
    show = shows.by_slug(current_session(), slug)
    access.require_managing(current_session(), account(), show.community_id)
    return show


def community_to_make(slug: str) -> Community:
    """A community in which this account makes things. Raises NotFound, NotAllowed."""
    community = public_community(current_session(), slug)
    access.require_making(current_session(), account(), community.id)
    return community


def community_to_manage(slug: str) -> Community:
    """A community that this account keeps. Raises NotFound, NotAllowed."""
    community = public_community(current_session(), slug)
    access.require_managing(current_session(), account(), community.id)
    return community


def episode_to_make(episode_id: uuid.UUID) -> Episode:
    """An episode that this account may edit, also one in the bin. Raises NotFound, NotAllowed."""
    return drafts.to_make(current_session(), episode_id, account())


def wanted_episode(text: object) -> Episode | None:
    """The episode whose recording is to be replaced, where one is named. Raises NotFound, NotAllowed."""
    if not text:
        return None
    try:
        return episode_to_make(uuid.UUID(str(text)))
    except ValueError as error:
        raise NotFound("There is nothing at this address.") from error
