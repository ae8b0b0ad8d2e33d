"""The longest text of every field is kept, and a character more is refused in words (T35)."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.db import Base
from app.models import Episode
from app.services import chapters
from app.services.fields import LONGEST_DESCRIPTION, LONGEST_TEXT
from tests.conftest import Standing
from tests.threats.fields import KEPT
from tests.threats.world import World, opened
from tests.web.places import make_place, make_world

#: Shorter than the column: Apple, and a form of its own.
SHORTER = {
    "ShowForm.description": LONGEST_DESCRIPTION,
    "PersonForm.about": 4_000,
    "SentenceForm.text": 2_000,
    "CommunityForm.links": 200,
}
SHOW = {"language": "en-gb", "category": "Health & Fitness|Medicine", "order": "episodic", "description": "D",
        "title": "T", "spoken_language": "en"}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[World]:
    """A service with one of everything."""
    with opened(standing(tmp_path_factory.mktemp("bounds"))) as world:
        yield world


@pytest.fixture(scope="module")
def at(service: World) -> dict[str, Any]:
    """The parts of its addresses."""
    place = make_place(service.session, make_world(service.session))
    episode = place.episode
    found = {
        "show": episode.show.slug,
        "community": episode.show.community.slug,
        "episode": episode.id,
        "person": place.free_person.id,
        "named": episode.credits[0].person_id,
        "transcript": episode.transcript_id,
    }
    service.session.commit()
    return found


def _longest(name: str) -> int:
    table, column = KEPT[name].split(".")
    length = getattr(Base.metadata.tables[table].c[column].type, "length", None)
    return SHORTER.get(name) or length or LONGEST_TEXT


def _send(service: World, at: dict[str, Any], name: str, text: str) -> int:
    form, _, field = name.partition(".")
    episode = f"/studio/episodes/{at['episode']}"
    places: dict[str, tuple[str, dict[str, str]]] = {
        "CommunityForm": (f"/studio/communities/{at['community']}/edit", {"name": "N"}),
        "ShowForm": (f"/studio/shows/{at['show']}/edit", SHOW),
        "ArtworkForm": (f"/studio/shows/{at['show']}/artwork", {}),
        "SeasonForm": (f"/studio/shows/{at['show']}/seasons", {}),
        "PersonForm": (f"/studio/people/{at['person']}", {"public_name": "P"}),
        "EpisodeForm": (
            f"{episode}/edit",
            {"title": "T", "kind": "episode", "episode_type": "full", "season_id": ""},
        ),
        "CreditForm": (f"{episode}/people", {"person": "", "role": "guest"}),
        "ConsentForm": (
            f"{episode}/consent",
            {
                "person": str(at["named"]),
                "given_on": "2026-03-01",
                "purpose": "P",
                "how_given": "H",
                "taken_by": "T",
            },
        ),
        "NameForm": ("/account", {}),
        "NewAccountForm": ("/studio/accounts", {"email": f"a{len(text)}@example.org"}),
    }
    if name == "SentenceForm.text":
        return _sentence(service, at, text)
    if name == "form title":
        seen = chapters.version(service.session.get_one(Episode, at["episode"], populate_existing=True))
        service.session.rollback()
        return service.post(f"{episode}/chapters", start="0:01", title=text, seen=seen).status_code
    path, base = places[form]
    said = f"{text} | https://example.org/" if field == "links" else text
    return service.post(path, **base | {field: said}).status_code


def _sentence(service: World, at: dict[str, Any], text: str) -> int:
    row = sa.text("SELECT revision FROM segments WHERE number = 0")
    revision = str(service.session.scalar(row))
    service.session.rollback()
    path = f"/studio/episodes/{at['episode']}/transcript/0"
    return service.post(path, transcript=str(at["transcript"]), revision=revision, text=text).status_code


@pytest.mark.parametrize("name", sorted(one for one in KEPT if not one.startswith("json")))
def test_the_longest_text_is_kept_and_a_character_more_is_refused(
    service: World, at: dict[str, Any], name: str
) -> None:
    longest = _longest(name)

    statuses = [_send(service, at, name, "é" * length) for length in (longest, longest + 1, 900_000 // 12)]

    assert statuses[0] in (200, 302), longest
    assert statuses[1:] == [422, 422], longest


def test_an_upload_has_a_title_that_fits_and_a_file_name_that_is_cut(
    service: World, at: dict[str, Any]
) -> None:
    client: FlaskClient = service.owner
    said = {
        "show": at["show"],
        "size_bytes": 10,
        "first_part_sha256": "a" * 64,
        "kind": "episode",
        "wish": "none",
        "agreed": True,
        "file_name": "x" * 900_000,
        "title": "t" * 255,
    }
    token = {"X-CSRFToken": service.token}

    kept = client.post("/studio/uploads", json=said, headers=token)
    refused = client.post("/studio/uploads", json=said | {"title": "t" * 256}, headers=token)

    assert (kept.status_code, refused.status_code) == (200, 422)
    assert service.session.scalar(sa.text("SELECT max(length(file_name)) FROM uploads")) == 200
    service.session.rollback()


@pytest.mark.parametrize("count", [100, 101, 5_000])
def test_a_community_has_a_hundred_links_at_most(service: World, at: dict[str, Any], count: int) -> None:
    links = "\n".join(f"L | https://example.org/{number}" for number in range(count))

    answer = service.post(f"/studio/communities/{at['community']}/edit", name="N", links=links)

    assert answer.status_code == (302 if count == 100 else 422)
