"""What people searched for and did not find: for those who keep a community."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.errors import NotAllowed
from app.services import access, searches
from app.web.current import backends
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account


@bp.get("/searches")
def unanswered() -> ResponseReturnValue:
    """Most wanted first; of one's own communities, and of searches everywhere."""
    who, session = account(), current_session()
    if not access.keeps_any(session, who):
        raise NotAllowed("Only facilitators see what was searched for.")
    found = searches.missed(session, access.managed_communities(who), backends().clock().date())
    return render_template(
        "studio/searches.html", found=found, days=searches.KEPT.days, most=searches.MOST_SHOWN
    )
