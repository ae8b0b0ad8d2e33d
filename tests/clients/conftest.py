"""A service with two shows, as listeners' programs meet it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.backends import open_backends
from app.models import Chapter
from tests.conftest import Standing
from tests.factories import WHEN, make_published, make_show
from tests.web.serving import running, settings_for

SOUNDS = {title: random.Random(title).randbytes(300_000) for title in ("Falls & sleep", "Handover")}


@dataclass(frozen=True)
class Library:
    """Where the service is, and what it should give."""

    url: str
    guids: dict[str, str]

    @property
    def feed(self) -> str:
        """The feed with the sounds."""
        return f"{self.url}/shows/rounds/feed.xml"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Library]:
    """A running service; nothing of it changes."""
    data = tmp_path_factory.mktemp("library")
    settings = settings_for(data, **standing(data))
    backends = open_backends(settings)
    guids = {}
    with backends.database.begin() as session:
        show = make_show(session, slug="rounds", title="The Ward Round")
        for day, (title, sound) in enumerate(SOUNDS.items()):
            episode = make_published(
                session,
                show,
                title=title,
                sound=sound,
                number=day + 1,
                published_at=WHEN + timedelta(days=day),
            )
            episode.chapters.append(Chapter(start_ms=0, title="Beginning"))
            session.refresh(episode, ["enclosure"])
            assert episode.enclosure is not None
            backends.store.put_bytes(episode.enclosure.key, sound)
            guids[title] = str(episode.guid)
        make_published(session, make_show(session, slug="nights", title="Nights"))
        make_show(session, slug="to-come", title="To come")
    backends.database.dispose()
    with running(settings) as url:
        yield Library(url, guids)
