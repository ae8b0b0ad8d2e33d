"""Draft links: an unpublished episode for whoever has the address, and nobody else."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, Community, DraftLink, Episode
from app.services import draft_links, episodes
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_membership,
    make_recording,
    make_show,
    make_transcript,
)
from tests.web.signing import sign_in
from tests.web.studio import fresh, post


@pytest.fixture
def community(session: Session) -> Community:
    """Where it is made."""
    return make_community(session, slug="c")


@pytest.fixture
def facilitator(client: FlaskClient, session: Session, community: Community) -> Account:
    """Who makes the links; signed in at the client."""
    account = make_account(session)
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def episode(session: Session, community: Community, facilitator: Account, backends: Backends) -> Episode:
    """A draft with sound and words."""
    made = make_episode(session, make_show(session, community), title="The canary sings", notes="0:30 Song")
    recording = make_recording(session, made)
    enclosure = make_enclosure(session, recording)
    make_transcript(session, recording, ("A plain cagebird.",))
    backends.store.put_bytes(enclosure.key, b"ID3sound")
    session.commit()
    return made


def make_link(client: FlaskClient, episode: Episode) -> str:
    """The path of a link made in the studio."""
    page = post(client, f"/studio/episodes/{episode.id}/draft-links")
    found = re.search(r'value="http://127\.0\.0\.1:8000(/draft/[\w-]{43})"', page.text)
    assert found, page.text
    return found.group(1)


def test_whoever_has_the_link_reads_and_hears_the_draft(
    app: Flask, client: FlaskClient, episode: Episode
) -> None:
    path, anybody = make_link(client, episode), app.test_client()

    page, sound = anybody.get(path), anybody.get(f"{path}/sound.mp3")

    assert (page.status_code, sound.data) == (200, b"ID3sound")
    said = ("This is a draft.", "The canary sings", "A plain cagebird.", f"{path}/sound.mp3", 'href="#t=30"')
    for words in said:
        assert words in page.text
    for answer in (page, sound):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers
    assert anybody.get(f"{path}/sound.mp3", headers={"Range": "bytes=0-2"}).data == b"ID3"
    assert "application/ld+json" not in page.text
    assert "canonical" not in page.text
    assert "embed" not in page.text


def test_the_link_is_shown_once_and_kept_nowhere(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    token = make_link(client, episode).rpartition("/")[2]

    assert token not in client.get(f"/studio/episodes/{episode.id}/draft-links").text
    assert token not in str(session.execute(sa.text("SELECT * FROM draft_links")).all())


def test_a_link_that_is_taken_back_shows_nothing(
    app: Flask, client: FlaskClient, session: Session, episode: Episode
) -> None:
    path = make_link(client, episode)
    first = session.scalars(sa.select(DraftLink.id)).one()
    session.commit()
    other = make_link(client, episode)
    post(client, f"/studio/episodes/{episode.id}/draft-links/{first}/take-back")

    anybody = app.test_client()
    assert anybody.get(path).status_code == 404
    assert anybody.get(f"{path}/sound.mp3").status_code == 404
    assert anybody.get(other).status_code == 200


@pytest.mark.parametrize("token", ["x", "ü", "a" * 43, "%00"])
def test_a_guessed_link_shows_nothing(client: FlaskClient, episode: Episode, token: str) -> None:
    assert client.get(f"/draft/{token}").status_code == 404


def test_a_link_leads_to_the_public_page_once_there_is_one(
    app: Flask, client: FlaskClient, session: Session, episode: Episode, facilitator: Account
) -> None:
    path, anybody = make_link(client, episode), app.test_client()
    fresh(session, episode)
    episodes.publish(session, episode, facilitator, WHEN)
    session.commit()
    assert anybody.get(path).headers["Location"] == f"/shows/{episode.show.slug}/{episode.slug}"

    for change in (episodes.withdraw, episodes.to_bin):
        change(session, episode, facilitator, WHEN + timedelta(days=1))
        session.commit()
        assert anybody.get(path).status_code == 404


def test_there_is_an_end_to_links(
    client: FlaskClient, session: Session, episode: Episode, facilitator: Account
) -> None:
    for _ in range(draft_links.MOST_LINKS):
        draft_links.make(session, episode, facilitator, WHEN)
    session.commit()

    answer = post(client, f"/studio/episodes/{episode.id}/draft-links")

    assert (answer.status_code, "Take some of them back first" in answer.text) == (409, True)
