"""A service to walk through: every role in it, and some of everything that an address can name."""

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends, open_backends
from app.models import Community
from app.services import transcripts
from app.settings import read_settings
from tests.factories import make_show
from tests.fakes import KeptMail, SetClock
from tests.walk.asked import Answer, Asked, send
from tests.walk.rights import Rows, all_rows
from tests.web.places import ROLES, Place, World, client_of, make_place, make_world
from tests.web.test_route_matrix import put_files

SOUND = b"ID3sound"


@dataclass
class Service:
    """The service, who is in it, and a name for everything that has an id of its own."""

    app: Flask
    backends: Backends
    world: World
    elsewhere: World
    places: list[Place]
    theirs: Place
    #: What there was before anything was made in the stranger's community.
    before: Rows
    names: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, tuple[str, str]] = field(default_factory=dict)

    def send(self, asked: Asked) -> Answer:
        """What this request is answered; the browser of its role keeps the cookie."""
        if asked.role not in self._cookies:
            self._cookies[asked.role] = self._signed_in(asked.role)
        cookie, token = self._cookies[asked.role]
        answer = send(self.app, asked, cookie, token)
        for line in answer.headers.getlist("Set-Cookie"):
            if line.startswith("hearth="):
                self._cookies[asked.role] = (line.partition(";")[0], token)
        return answer

    def sign_in_again(self, role: str) -> None:
        """Whatever has become of the session: a fresh one."""
        self._cookies.pop(role, None)

    def named(self, text: str) -> str:
        """The text with a name in place of each id of this very service."""
        return self._pattern(self.names).sub(lambda found: "{" + self.names[found[0]] + "}", text)

    def filled(self, text: str) -> str:
        """The text with this service's ids in place of the names."""
        ids = {"{" + name + "}": text for text, name in self.names.items()}
        return re.sub(r"\{[a-z_]+[.\d][a-z_.\d]*\}", lambda found: ids.get(found[0], found[0]), text)

    def learn(self, text: str) -> None:
        """Give a name to each new id in a text, in the order in which they come."""
        for found in _UUID.findall(text):
            self.names.setdefault(found, f"new.{len(self.names)}")

    @property
    def secrets(self) -> dict[str, str]:
        """What no answer may show, and what to call it."""
        with self.backends.database.reading() as session:
            people = [session.merge(account, load=True) for account in self.world.accounts.values()]
            found = {account.fs_uniquifier: "a session's key" for account in people}
        data, root = self.backends.settings.data, Path(__file__).resolve().parents[2]
        return found | {
            self.backends.settings.secret: "the secret",
            str(data): "a path",
            str(root): "a path",
            "site-packages": "a path",
            "$argon2": "a password's hash",
            "Traceback (most recent": "a stack trace",
            'File "': "a stack trace",
        }

    def _signed_in(self, role: str) -> tuple[str, str]:
        account = self.world.accounts.get(role)
        with self.backends.database.reading() as session:
            fresh = session.get(type(account), account.id) if account else None
            client, token = client_of(self.app, fresh)
        kept = client.get_cookie("hearth", domain="localhost")
        assert kept is not None
        return f"hearth={kept.value}", token

    def _pattern(self, names: dict[str, str]) -> re.Pattern[str]:
        longest = sorted(names, key=len, reverse=True)
        return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest)) + r")(?![\w-])")


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@contextmanager
def serving(said: Mapping[str, str], places: int = 3) -> Iterator[Service]:
    """A service of these settings, whose database is empty and at the newest version."""
    real = open_backends(read_settings(said))
    backends = Backends(real.settings, real.database, real.store, KeptMail(), real.engine, SetClock())
    if real.database.engine.dialect.name == "sqlite":  # nothing of this has to survive a power cut
        event.listen(real.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    app = create_app(backends=backends)
    try:
        with backends.database.session() as session:
            yield _furnished(app, backends, session, places)
    finally:
        backends.database.dispose()


def _furnished(app: Flask, backends: Backends, session: Session, count: int) -> Service:
    world = make_world(session)
    stranger = world.accounts["stranger"]
    community = session.get_one(Community, stranger.memberships[0].community_id)
    elsewhere = World(community, {**world.accounts, "producer": stranger})
    make_show(session, world.community, title="A show without episodes")
    places = [_place(backends, session, world) for _ in range(count)]
    session.commit()
    before = all_rows(backends.database)
    theirs = _place(backends, session, elsewhere)
    session.commit()
    made = Service(app, backends, world, elsewhere, places, theirs, before)
    for role in ROLES[1:]:
        made.names |= {
            str(world.accounts[role].id): f"{role}.id",
            world.accounts[role].email: f"{role}.email",
        }
    made.names |= {world.community.slug: "community.slug", elsewhere.community.slug: "elsewhere.slug"}
    for number, place in enumerate([*places, theirs]):
        made.names |= _names(place, number)
    session.expunge_all()
    return made


def _place(backends: Backends, session: Session, world: World) -> Place:
    """A place whose sound is really in the store, and whose words the search knows."""
    place = make_place(session, world)
    put_files(backends, place)
    episode = place.episode
    recording = episode.recording
    assert recording is not None
    recording.size_bytes = len(SOUND)
    backends.store.put_bytes(recording.key, SOUND)
    transcripts.index(session, episode)
    return place


def _names(place: Place, number: int) -> dict[str, str]:
    episode = place.episode
    enclosure = episode.enclosure
    assert enclosure is not None
    ids: dict[object, str] = {
        episode.id: "episode.id",
        episode.guid: "episode.guid",
        episode.slug: "episode.slug",
        episode.show.slug: "show.slug",
        episode.show.id: "show.id",
        episode.recording_id: "recording.id",
        enclosure.sha256[:12]: "enclosure.hash",
        place.season.id: "season.id",
        place.person.id: "person.id",
        place.free_person.id: "free_person.id",
        place.consent.id: "consent.id",
        place.upload.id: "upload.id",
        place.notice.id: "notice.id",
        place.other.id: "other.id",
        place.invitation.id: "invitation.id",
        place.draft_link.id: "link.id",
        episode.credits[0].id: "credit.id",
    }
    return {
        str(value): f"place_{number}.{name}"
        for value, name in ids.items()
        if isinstance(value, str | uuid.UUID)
    }
