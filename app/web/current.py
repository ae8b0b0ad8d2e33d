"""What the running app stands on, for views."""

from flask import current_app
from flask_login import current_user

from app.backends import Backends
from app.models import Account
from app.settings import Settings


def backends() -> Backends:
    """The backends that create_app was given."""
    found: Backends = current_app.extensions["hearth"]
    return found


def settings() -> Settings:
    """The settings of this process."""
    return backends().settings


def public_address(path: str) -> str:
    """An absolute address, built from the configured public address and never from the request's Host."""
    return settings().public_url + path


def current_account() -> Account | None:
    """Who is signed in, or None. Reads the session: a page that calls it varies by cookie."""
    user = current_user._get_current_object()
    return user if isinstance(user, Account) else None
