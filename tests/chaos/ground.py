"""What all services of a run are made from: an empty database, sounds, and what they become undisturbed.

By default each service has SQLite and a folder; on servers (`--real`) a database and a prefix of its own.
"""

import json
import shutil
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from tests.audio.sounds import make_voice, write_wav
from tests.chaos.nursery import Nursery
from tests.chaos.servers import Servers, bring_up

#: Seconds and channels of each sound. The long one has several windows, the one of parts three parts.
RATE_HZ = 48_000
SOUNDS = {"short": (4, 1), "long": (270, 1), "parts": (31, 6)}


class Ground:
    """A folder for one run."""

    def __init__(self, folder: Path, servers: Servers | None = None) -> None:
        self.folder = folder
        self.servers = servers
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
        return self.servers is None

    def environment(self, data: Path, env: Mapping[str, str]) -> dict[str, str]:
        """Where a service with this data directory keeps rows and objects; both are ready afterwards."""
        name = f"{data.parent.name}-{uuid.uuid4().hex[:8]}"
        said = dict(env)
        if "HEARTH_STORE_URL" not in said:
            folder = (data / "store").as_uri()
            said["HEARTH_STORE_URL"] = self.servers.store_url(name) if self.servers else folder
        if self.servers is not None and "DATABASE_URL" not in said:
            said["DATABASE_URL"] = self.servers.database_url(name)
        url = said.setdefault("DATABASE_URL", f"sqlite:///{data / 'hearth.db'}")
        if url.startswith("sqlite"):
            shutil.copy(self.template(), sa.make_url(url).database or "")
        return said

    def template(self) -> Path:
        """An empty SQLite database at the newest version, migrated once a run."""
        path = self.folder / "template.db"
        with self._lock:
            if not path.exists():
                bring_up(f"sqlite:///{path}.new")
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
