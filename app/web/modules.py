"""Every module that registers something, in the order in which it must happen."""

from app.web import (
    account,
    audited,
    draft,
    embed,
    errors,
    feed,
    health,
    joining,
    media,
    parts,
    request_log,
    search,
    security,
    session,
    site,
    studio,
)

MODULES = (
    session,
    request_log,
    security,
    errors,
    audited,
    account,
    joining,
    draft,
    site,
    search,
    feed,
    media,
    embed,
    parts,
    health,
    studio,
)
