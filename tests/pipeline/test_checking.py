"""What `flask check` finds: nothing where all is well, and each kind of damage."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import PublishWish
from app.pipeline import checking
from app.pipeline.border import Hands
from tests.fakes import Watched
from tests.pipeline.making import all_the_way, look, ready


@pytest.fixture
def well(hands: Hands, voice: Path) -> Backends:
    """A service with one episode that went all the way and is public."""
    recording_id = ready(hands.backends, voice, wish=PublishWish.when_ready)
    assert all_the_way(hands.backends, recording_id)
    with hands.backends.database.begin() as session:
        session.execute(sa.text("UPDATE recordings SET state = 'ready'"))
    assert look(hands.backends, recording_id).episode.published_at is not None
    return hands.backends


def test_nothing_is_broken_where_all_is_well(well: Backends) -> None:
    said: list[str] = []

    assert checking.report(well, said.append, deep=True) == 0
    assert json.loads(said[-1]) == {"broken": 0}


def _sql(statement: str) -> Callable[[Backends], None]:
    def change(backends: Backends) -> None:
        with backends.database.begin() as session:
            session.execute(sa.text(statement))

    return change


def _key(backends: Backends, table: str) -> str:
    with backends.database.reading() as session:
        return str(session.scalar(sa.text(f"SELECT key FROM {table}")))


def _lose_sound(backends: Backends) -> None:
    backends.store.delete(_key(backends, "enclosures"))


def _shorten_recording(backends: Backends) -> None:
    backends.store.put_bytes(_key(backends, "recordings"), b"short")


def _change_sound(backends: Backends) -> None:
    key = _key(backends, "enclosures")
    with backends.store.local_path(key) as path:
        body = path.read_bytes()
    backends.store.put_bytes(key, body[:-1] + b"x")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_lose_sound, "is not in the store"),
        (_shorten_recording, "has 5 bytes in the store"),
        (_change_sound, "has other bytes than were stored"),
        (
            _sql("UPDATE episodes SET transcript_id = NULL, recording_id = NULL"),
            "the sound of another recording",
        ),
        (_sql("UPDATE segments SET end_ms = start_ms - 5"), "has a sentence outside of its time"),
        (_sql("DELETE FROM search_texts WHERE kind = 'sentence'"), "the search has 0 of"),
        (_sql("UPDATE episodes SET title = ' '"), "is published although: It has no title."),
        (_sql("UPDATE recordings SET state = 'working'"), "nothing will work on it"),
        (_sql("UPDATE shows SET artwork_sha256 = 'abc'"), "the picture of show"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_of_damage_is_found_and_said(
    well: Backends, damage: Callable[[Backends], None], said: str
) -> None:
    damage(well)

    assert any(said in words for words in checking.broken(well, deep=True))


def test_what_was_only_on_its_way_when_the_store_was_read_is_not_said(well: Backends) -> None:
    key = _key(well, "enclosures")
    with well.store.local_path(key) as path:
        body = path.read_bytes()
    well.store.delete(key)
    arrives = iter([lambda: None, lambda: None, lambda: well.store.put_bytes(key, body)])

    def before(name: str) -> None:
        if name == "list":
            next(arrives, lambda: None)()

    assert checking.broken(replace(well, store=Watched(well.store, before))) == []


def test_nothing_that_people_said_is_said(well: Backends, session: Session) -> None:
    with well.database.begin() as writing:
        writing.execute(sa.text("UPDATE episodes SET title = 'The canary', slug = 'canary'"))
    _lose_sound(well)

    assert "canary" not in " ".join(checking.broken(well, deep=True)).lower()
