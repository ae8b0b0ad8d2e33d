"""A service whose organisation has a sign-in of its own."""

import dataclasses
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.backends import Backends, open_organisation, utc_now
from app.models import Account
from app.settings import Settings, read_settings
from tests.factories import make_account
from tests.fakes import SetClock
from tests.openid.issuing import CLIENT_ID, CLIENT_SECRET, Issuer, serving


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """The organisation's provider."""
    with serving() as issuer:
        yield issuer


@pytest.fixture
def settings(settings: Settings, issuer: Issuer) -> Settings:
    """With the provider."""
    return read_settings(
        {
            "HEARTH_DATA": str(settings.data),
            "DATABASE_URL": settings.database_url,
            "HEARTH_SECRET": settings.secret,
            "HEARTH_OIDC_ISSUER": issuer.address,
            "HEARTH_OIDC_CLIENT_ID": CLIENT_ID,
            "HEARTH_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "HEARTH_OIDC_NAME": "Mersey sign-in",
        }
    )


@pytest.fixture
def clock() -> SetClock:
    """Set to now, as the provider's is."""
    return SetClock(utc_now())


@pytest.fixture
def backends(backends: Backends, settings: Settings, clock: SetClock) -> Backends:
    """With the provider."""
    return dataclasses.replace(backends, organisation=open_organisation(settings, clock))


@pytest.fixture
def ada(session: Session) -> Account:
    """Who has an account with the address that the provider vouches for."""
    account = make_account(session, email="ada@example.org", name="Ada")
    session.commit()
    return account
