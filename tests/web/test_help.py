"""Help: words on every page, the guide as a page, and the first five steps."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, Community, Show
from app.web.studio.help import WORDS, anchors
from app.web.vendor import STATIC
from tests.factories import (
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_membership,
    make_published,
    make_recording,
    make_show,
    make_transcript,
)
from tests.web.signing import sign_in

#: Answers for scripts and players, and pages that are help themselves.
WITHOUT = {
    "studio.episode_listeners",
    "studio.guide",
    "studio.guide_picture",
    "studio.recording_state",
    "studio.show_listeners",
    "studio.sound",
    "studio.upload_state",
}


@pytest.fixture
def community(session: Session) -> Community:
    """Where they work."""
    return make_community(session, slug="c")


@pytest.fixture
def producer(client: FlaskClient, session: Session, community: Community) -> Account:
    """Somebody new; signed in at the client."""
    account = make_account(session, name="Bea New")
    make_membership(session, account, community, "producer")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def show(session: Session, community: Community, producer: Account) -> Show:
    """What they make episodes for."""
    made = make_show(session, community, slug="s")
    session.commit()
    return made


def test_every_page_of_the_studio_says_what_to_do(app: Flask) -> None:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("studio.") and "GET" in (rule.methods or set())
    }

    assert pages == WORDS.keys() | WITHOUT


def test_every_word_of_help_leads_to_a_part_of_the_guide_that_is_there() -> None:
    assert {part for _, part in WORDS.values() if part} <= anchors()


def test_every_script_that_listens_for_keys_has_them_in_the_guide() -> None:
    listed = {"correct.js", "player.js", "search.js"}
    listening = {path.name for path in (STATIC / "js").glob("*.js") if "keydown" in path.read_text("utf-8")}

    assert listening == listed, "Say in docs/producers.md, Keys, what they do, and name the script here."


def test_the_guide_is_a_page_with_its_pictures(client: FlaskClient, producer: Account) -> None:
    page = client.get("/studio/help").text

    assert '<h2 id="4-read-and-correct">4. Read and correct</h2>' in page
    assert 'src="/studio/help/upload.png"' in page
    picture = client.get("/studio/help/upload.png")
    assert (picture.status_code, picture.content_type) == (200, "image/png")
    picture.close()
    for name in ("secret.png", "..%2fproducers.md", "producers.md"):
        assert client.get(f"/studio/help/{name}").status_code == 404


def test_the_first_five_steps_are_ticked_off_and_then_gone(
    client: FlaskClient, session: Session, producer: Account, show: Show
) -> None:
    assert client.get("/studio/").text.count("step--done") == 0
    assert "in five steps" in client.get("/studio/").text
    episode = make_episode(session, show, created_by=producer.id, summary="What it is about.")
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    make_transcript(session, recording)
    session.commit()
    assert client.get("/studio/").text.count("step--done") == 3

    make_published(session, show, created_by=producer.id)
    session.commit()
    assert "in five steps" not in client.get("/studio/").text
