"""The real parts of a run: one PostgreSQL and one S3 server; each service has a database and a prefix."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.db import Database
from app.migrate import migrate
from app.pipeline.engine import create_tables
from tests.postgres import PostgresServer
from tests.storage.seaweed import Seaweed, running_seaweed

BUCKET = "hearth-chaos"
_TEMPLATE = "chaos-template"


def bring_up(url: str) -> None:
    """A database at the newest version."""
    migrate(url)
    database = Database(url)
    create_tables(database)
    database.dispose()


@dataclass
class Servers:
    """Two running servers; the bucket is there. The keys of the store are in the environment."""

    postgres: PostgresServer
    seaweed: Seaweed
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _has_template: bool = False

    def prepare(self) -> None:
        """The bucket, and the keys for it."""
        os.environ.update(self.seaweed.environment)
        self.seaweed.make_bucket(BUCKET)

    def database_url(self, name: str) -> str:
        """A new, empty database of this name at the newest version."""
        with self._lock:  # a template may have no connections, and is copied one at a time
            if not self._has_template:
                bring_up(self.postgres.database(_TEMPLATE))
                self._has_template = True
            return self.postgres.database(name, _TEMPLATE)

    def store_url(self, name: str, endpoint: str = "", **options: str) -> str:
        """The prefix of that name in the bucket, reached by another address where one is given."""
        if endpoint:
            options["endpoint"] = endpoint
        return self.seaweed.store_url(BUCKET, prefix=name, **options)


@contextmanager
def running_servers(folder: Path) -> Iterator[Servers]:
    """Both, for the length of the block. Nobody asks for what they have written after the power is lost."""
    folder.mkdir(parents=True)
    with PostgresServer(folder) as postgres, running_seaweed(folder) as seaweed:
        servers = Servers(postgres, seaweed)
        servers.prepare()
        yield servers
