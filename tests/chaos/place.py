"""A service of one trial's own: its data, its processes, and a producer with a show."""

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import requests
import sqlalchemy as sa

from app.backends import Backends, open_backends, utc_now
from app.models import Account, PublishWish, Recording, RecordingState, Show
from app.pipeline.engine import open_workflows
from app.settings import Settings, read_settings
from tests.chaos.ground import Ground
from tests.chaos.nursery import Process
from tests.chaos.orders import Orders
from tests.factories import make_account, make_community, make_membership, make_show
from tests.pipeline.making import enqueue, ready
from tests.postgres import free_port

SECRET = "not a secret, only for the tests of it"
#: Every episode has the same title, so that the same sound becomes the same file.
TITLE = "Ward round"
EMAIL = "producer@example.org"
#: What a process needs of the machine, and the keys of the store.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass
class Place:
    """One service."""

    ground: Ground
    data: Path
    env: dict[str, str]
    orders: Orders = field(default_factory=Orders)
    started: int = 0

    @classmethod
    def make(cls, ground: Ground, folder: Path, env: Mapping[str, str]) -> "Place":
        """A service with an account, a community and a show; nothing runs yet."""
        data = folder / "data"
        data.mkdir(parents=True)
        port = str(free_port())
        said = {
            "HEARTH_DATA": str(data),
            "HEARTH_SECRET": SECRET,
            "HEARTH_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "HEARTH_LANGUAGE": "en",
            "HEARTH_SLOTS": "1",
            "HEARTH_CHAOS": str(folder / "orders.json"),
            "PORT": port,
            **ground.environment(data, env),
        }
        place = cls(ground, data, said)
        place.tell(Orders())
        with place.backends.database.begin() as session:
            who = make_account(session, email=EMAIL, is_owner=True)
            community = make_community(session, slug="nurses")
            make_membership(session, who, community, "facilitator")
            make_show(session, community, slug="rounds", title="Nursing now")
        return place

    @cached_property
    def settings(self) -> Settings:
        """As its processes read them."""
        return read_settings(self.env)

    @cached_property
    def backends(self) -> Backends:
        """The same database and store, for looking and for handing recordings in."""
        return open_backends(self.settings)

    def later(self, **by: float) -> Backends:
        """The same, some days or hours from now."""
        return replace(self.backends, clock=lambda: utc_now() + timedelta(**by))

    @property
    def url(self) -> str:
        """Where its web process answers."""
        return self.settings.public_url

    def tell(self, orders: Orders) -> None:
        """What its processes are to do wrong from now on."""
        self.orders = orders
        orders.write(Path(self.env["HEARTH_CHAOS"]))

    def start(self, part: str, most_files: int | None = None, *, has_own_name: bool = False) -> Process:
        """A process: "worker", "web", "sweep" or "tags" as tests/chaos/stand_in.py has them."""
        self.started += 1
        name = {"HEARTH_CHAOS_NAME": f"{part}-{self.started}"} if has_own_name else {}
        logs = Path(os.environ.get("HEARTH_CHAOS_LOGS") or self.data.parent)
        log = logs / f"{self.settings.port}-{part}-{self.started}.log"
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return self.ground.nursery.start(part, {**kept, **self.env, **name}, log, most_files)

    @contextmanager
    def running(self, part: str, most_files: int | None = None) -> Iterator[Process]:
        """A process for the length of the block; web answers when it begins."""
        process = self.start(part, most_files)
        try:
            if part == "web":
                self.wait_for_web(process)
            yield process
        finally:
            process.kill()

    def wait_for_web(self, process: Process, limit_s: float = 60) -> None:
        """Return when it answers. Raises RuntimeError with its last words where it never does."""
        until_s = time.monotonic() + limit_s
        while time.monotonic() < until_s and process.is_alive():
            with suppress(requests.RequestException):
                requests.get(f"{self.url}/robots.txt", timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError(f"web did not start: {process.said()[-2000:]}")

    def hand_in(
        self, sound: str = "short", wish: PublishWish = PublishWish.when_ready, path: Path | None = None
    ) -> uuid.UUID:
        """A recording that has been received and waits for the pipeline; its id."""
        with self.backends.database.reading() as session:
            show = session.scalars(sa.select(Show)).one()
        said = {"show": show, "wish": wish, "title": TITLE}
        recording_id = ready(self.backends, path or self.ground.sound(sound), **said)
        enqueue(self.backends, recording_id)
        return recording_id

    def recording(self, recording_id: uuid.UUID) -> Recording:
        """Its row as it is now."""
        with self.backends.database.reading() as session:
            row = session.get_one(Recording, recording_id)
            _ = row.episode.enclosure, row.episode.transcript, row.episode.show.slug
            return row

    def has_ended(self, recording_id: uuid.UUID) -> bool:
        """Whether this one is on its way no more."""
        return self.recording(recording_id).state is not RecordingState.working

    def working(self) -> int:
        """How many recordings are on their way."""
        query = sa.select(sa.func.count()).where(Recording.state == RecordingState.working)
        with self.backends.database.reading() as session:
            return session.scalar(query) or 0

    def all_told(self) -> bool:
        """Whether every recording has ended and the worker has tidied up after it."""
        if self.working():
            return False
        with self.backends.database.reading() as session:
            return open_workflows(session) == 0

    def account(self) -> Account:
        """The producer."""
        with self.backends.database.reading() as session:
            return session.scalars(sa.select(Account)).one()

    def close(self) -> None:
        """Let go of the database."""
        self.backends.database.dispose()
