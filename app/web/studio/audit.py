"""Who did what, when: the owner sees everything, a facilitator what belongs to their communities."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.errors import NotAllowed
from app.services import access, audit
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account, signed_in


@bp.context_processor
def keeps_community() -> dict[str, bool]:
    """Whether the navigation leads here."""
    who = signed_in()
    return {"keeps_community": who is not None and access.keeps_any(current_session(), who)}


@bp.get("/audit")
def audit_list() -> ResponseReturnValue:
    """Newest first, a page at a time."""
    who, session = account(), current_session()
    if not access.keeps_any(session, who):
        raise NotAllowed("Only facilitators see who did what.")
    managed = access.managed_communities(who)
    page = request.args.get("page", 1, type=int)
    rows, pages = audit.entries(session, managed, page)
    return render_template("studio/audit.html", rows=rows, page=min(max(page, 1), pages), pages=pages)
