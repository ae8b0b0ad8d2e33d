"""`./dev demo`: make the demo's communities and shows, speak its recordings, send them the ordinary way.

Safe to run again: what is there is left as it is. Runs beside the service; its worker does the rest.
"""

import sys
import tempfile
import uuid
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.artwork import make_artwork
from app.backends import Backends, open_backends
from app.demo import artwork as drawn
from app.demo.scripts import COMMUNITIES, SCRIPTS, SHOWS, DemoShow, Script
from app.demo.voices import speak
from app.models import (
    Chapter,
    Community,
    Credit,
    CreditRole,
    Episode,
    EpisodeKind,
    Person,
    PublishWish,
    Recording,
    Show,
)
from app.pipeline import engine
from app.services import artwork, drafts, shows, uploads
from app.settings import read_settings
from app.storage.keys import recording_key

_DRAW = {"steady-steps": drawn.steps, "the-tuesday-huddle": drawn.ring}


def main() -> int:
    """All of the demo."""
    backends = open_backends(read_settings())
    for demo in SHOWS:
        _make_show(backends, demo)
    for script in SCRIPTS:
        _make_episode(backends, script)
    return 0


def _make_show(backends: Backends, demo: DemoShow) -> None:
    picture = make_artwork(_DRAW[demo.slug](demo.colours))
    with backends.database.begin() as session:
        if _show(session, demo.slug) is not None:
            return
        now = backends.clock()
        show = shows.create(
            session,
            _community(session, backends, demo.community),
            shows.ShowFields(
                title=demo.title,
                description=demo.description,
                category=demo.category,
                subcategory=demo.subcategory,
                author="Hearth demo",
                owner_email="demo@example.org",
                spoken_language="en",
                artwork_alt=demo.artwork_alt,
            ),
            backends.settings.public_url,
            now,
        )
        show.slug = demo.slug
        artwork.put(backends.store, show.id, picture)
        artwork.use(session, show, picture.sha256, demo.artwork_alt, now)


def _community(session: Session, backends: Backends, slug: str) -> Community:
    known = session.scalar(sa.select(Community).where(Community.slug == slug))
    if known is not None:
        return known
    name, summary, domain, people, practice = COMMUNITIES[slug]
    community = Community(
        slug=slug,
        name=name,
        summary=summary,
        domain=domain,
        community=people,
        practice=practice,
        learning_agenda="This is demo data: written for the demonstration, true of nobody.",
        is_demo=True,
        created_at=backends.clock(),
    )
    session.add(community)
    session.flush()
    return community


def _make_episode(backends: Backends, script: Script) -> None:
    with backends.database.reading() as session:
        show = _show(session, script.show)
        known = sa.select(Episode.id).where(Episode.show_id == show.id if show else sa.false())
        if show is None or session.scalar(known.where(Episode.title == script.title)):
            return
    _say(f"Demo: speaking “{script.title}”")
    recording_id = uuid.uuid4()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        speak(script.turns, path)
        size_bytes = path.stat().st_size
        backends.store.put_file(recording_key(recording_id), path)
    with backends.database.begin() as session:
        show = session.get_one(Show, show.id)
        engine.enqueue(session, _rows(session, backends, show, script, recording_id, size_bytes))
    _say(f"Demo: “{script.title}” is on its way; it is published when its transcript is ready")


def _rows(
    session: Session, backends: Backends, show: Show, script: Script, recording_id: uuid.UUID, size_bytes: int
) -> Recording:
    now = backends.clock()
    episode = drafts.create(session, show, script.title, EpisodeKind.episode, None, now)
    episode.summary = script.summary
    episode.notes = script.notes
    episode.wish = PublishWish.when_ready
    episode.chapters = [Chapter(start_ms=start_ms, title=title) for start_ms, title in script.chapters]
    for position, (name, role) in enumerate(script.people):
        person = session.scalar(
            sa.select(Person).where(Person.community_id == show.community_id, Person.public_name == name)
        ) or Person(community_id=show.community_id, public_name=name, created_at=now)
        episode.credits.append(Credit(person=person, role=CreditRole(role), position=position))
    agreed = (uploads.AGREEMENT_VERSION, now)
    return uploads.receive(session, episode, None, recording_id, "demo.wav", size_bytes, agreed, now)


def _show(session: Session, slug: str) -> Show | None:
    return session.scalar(sa.select(Show).where(Show.slug == slug))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
