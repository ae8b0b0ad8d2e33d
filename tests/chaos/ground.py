"""What all services of a run are made from: an empty database, sounds, and what they become undisturbed.

By default each service has SQLite and a folder. `DATABASE_URL` and `HEARTH_STORE_URL` plug in others:
`{place}` in them becomes the name of each service's own database, bucket or prefix.
"""

import json
import os
import shutil
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.db import Database
from app.migrate import migrate
from app.pipeline.engine import create_tables
from tests.audio.sounds import make_voice, write_wav
from tests.chaos.nursery import Nursery

#: Seconds and channels of each sound. The long one has several windows, the one of parts three parts.
RATE_HZ = 48_000
SOUNDS = {"short": (4, 1), "long": (260, 1), "parts": (31, 6)}


class Ground:
    """A folder for one run."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        env = os.environ if env is None else env
        self.folder = folder
        self._database_url = env.get("DATABASE_URL", "")
        self._store_url = env.get("HEARTH_STORE_URL", "")
        self._lock = threading.Lock()
        self.nursery = Nursery()
        folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """End every process of every service."""
        self.nursery.close()

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *_given: object) -> None:
        self.close()

    @property
    def is_embedded(self) -> bool:
        """Whether services have SQLite and a folder."""
        return not self._database_url and not self._store_url

    def environment(self, data: Path, env: Mapping[str, str]) -> dict[str, str]:
        """Where a service with this data directory keeps rows and objects; both are ready afterwards."""
        name = f"{data.parent.name}-{uuid.uuid4().hex[:8]}"
        database_url = self._database_url.replace("{place}", name) or f"sqlite:///{data / 'hearth.db'}"
        database_url = env.get("DATABASE_URL") or database_url
        store_url = self._store_url.replace("{place}", name) or (data / "store").as_uri()
        if database_url.startswith("sqlite"):
            shutil.copy(self.template(), sa.make_url(database_url).database or "")
        else:
            _create(database_url)
            _bring_up(database_url)
        return {"DATABASE_URL": database_url, "HEARTH_STORE_URL": store_url}

    def template(self) -> Path:
        """An empty SQLite database at the newest version, migrated once a run."""
        path = self.folder / "template.db"
        with self._lock:
            if not path.exists():
                _bring_up(f"sqlite:///{path}.new")
                path.with_name("template.db.new").rename(path)
        return path

    def sound(self, name: str) -> Path:
        """One of SOUNDS as a WAV file."""
        path = self.folder / f"{name}.wav"
        with self._lock:
            if not path.exists():
                seconds, channels = SOUNDS[name]
                voice = make_voice(seconds, rate_hz=RATE_HZ, seed=len(name))
                write_wav(path.with_suffix(".new"), *[voice] * channels, rate_hz=RATE_HZ).rename(path)
        return path

    def keep_outcome(self, sound: str, outcome: object) -> None:
        """Remember what becomes of a sound when nothing happens to its service."""
        (self.folder / f"{sound}.json").write_text(json.dumps(outcome))

    def outcome(self, sound: str) -> object:
        """What becomes of a sound when nothing happens; None while nobody knows."""
        path = self.folder / f"{sound}.json"
        return json.loads(path.read_text()) if path.exists() else None


def _bring_up(url: str) -> None:
    migrate(url)
    database = Database(url)
    create_tables(database)
    database.dispose()


def _create(url: str) -> None:
    """A database of this name on the server, where there is none."""
    address = sa.make_url(url).set(drivername="postgresql")
    server = address.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [address.database])
        if known.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{address.database}"'.encode())
