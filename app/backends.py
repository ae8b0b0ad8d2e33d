"""What the service stands on: the one place that picks folder or S3, real mail or none.

Everything outside the process comes from here, so that a test can hand in another clock or mailer.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import database_address
from app.caches import Caches
from app.db import Database, sqlite_path
from app.mail import Mailer, open_mailer
from app.settings import Settings, make_folder
from app.storage import ObjectStore, open_store

if TYPE_CHECKING:
    from app.openid.provider import Provider
    from transcription.transcriber import Transcriber

#: Where the organisation's provider sends people back to.
RETURN_PATH = "/sign-in/organisation/return"


def utc_now() -> datetime:
    """The time of day, aware UTC."""
    return datetime.now(UTC)


class Engine:
    """The speech engine of this process, loaded when first needed and then kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._engine: Transcriber | None = None

    def get(self) -> "Transcriber":
        """The loaded engine; the first call takes about a second."""
        with self._lock:
            if self._engine is None:
                self._engine = self._load()
            return self._engine

    def _load(self) -> "Transcriber":
        # late: a web process never needs the speech libraries
        from transcription.transcriber import REMOTE_ENGINE, Server, load_engine
        from transcription.weights import fetch_weights

        settings = self._settings
        cache = settings.weights or settings.data / "weights"
        server = None
        if settings.engine == REMOTE_ENGINE:
            server = Server(settings.remote_url, settings.remote_model, settings.remote_token)
        folder = cache if server else fetch_weights(settings.model, cache)
        return load_engine(settings.engine, folder, settings.slots, model=settings.model, server=server)


@dataclass(frozen=True)
class Backends:
    """One process's settings, database, store, mailer, clock, speech engine and provider of sign-ins."""

    settings: Settings
    database: Database
    store: ObjectStore
    mailer: Mailer
    engine: "Callable[[], Transcriber]"
    clock: Callable[[], datetime] = field(default=utc_now)
    #: None where people sign in here only.
    organisation: "Provider | None" = None


def open_backends(settings: Settings) -> Backends:
    """The backends that the settings name; the data directory is made for the service alone.

    Raises SettingsError for addresses that cannot be meant and folders that cannot be made.
    """
    make_folder("HEARTH_DATA", settings.data)
    database_address.check(settings.database_url)
    if settings.is_sqlite:
        make_folder("DATABASE_URL", sqlite_path(settings.database_url).parent)
    database = Database(settings.database_url)
    if settings.cache_refresh_url:
        database.tell_after_commit(Caches(settings.cache_refresh_url).after_commit)
    return Backends(
        settings=settings,
        database=database,
        store=open_store(
            settings.store_url, base_url=settings.public_url, secret=settings.secret.encode("ascii")
        ),
        mailer=open_mailer(settings),
        engine=Engine(settings).get,
        organisation=open_organisation(settings),
    )


def with_slots(backends: Backends, slots: int | None) -> Backends:
    """The same, transcribing so many windows at a time; as the settings say where none are given."""
    if slots is None:
        return backends
    settings = replace(backends.settings, slots=slots)
    return replace(backends, settings=settings, engine=Engine(settings).get)


def open_organisation(settings: Settings, clock: Callable[[], datetime] = utc_now) -> "Provider | None":
    """The provider that HEARTH_OIDC_ISSUER names. Asks nothing of it yet."""
    if not settings.oidc_issuer:
        return None
    from app.openid.provider import Provider  # late: most services never need these libraries

    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        return_address=settings.public_url + RETURN_PATH,
        clock=clock,
    )
