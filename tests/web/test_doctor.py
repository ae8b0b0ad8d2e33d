"""The doctor's pages: what stands on them, where they lead, and that looking is nobody's visit."""

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.artwork import make_artwork
from app.backends import Backends
from app.models import Account, Chapter, Community, Enclosure, Episode, EpisodeState, Recording, Show
from app.services import artwork
from app.web.studio import doctor
from feeds.problem import Field
from tests.audio.sounds import convert, make_voice, write_wav
from tests.factories import (
    WHEN,
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

WELL = "Nothing that Apple, Spotify or other apps would refuse."
PAGE = "/studio/shows/rounds/doctor"


@pytest.fixture
def community(session: Session) -> Community:
    return make_community(session, slug="nurses", name="Nurses")


@pytest.fixture
def show(session: Session, backends: Backends, community: Community) -> Show:
    """A show to which nobody objects, with its picture in the store."""
    file = io.BytesIO()
    Image.new("RGB", (1500, 1500), "navy").save(file, "PNG")
    picture = make_artwork(file.getvalue())
    made = make_show(session, community, slug="rounds", title="The Ward Round")
    artwork.put(backends.store, made.id, picture)
    artwork.use(session, made, picture.sha256, "A lamp", WHEN)
    return made


@pytest.fixture
def heard(session: Session, backends: Backends, show: Show, tmp_path: Path) -> Episode:
    """A published episode with real sound."""
    wav = write_wav(tmp_path / "a.wav", make_voice(5.0))
    sound = convert(wav, tmp_path / "a.mp3", "-b:a", "128k").read_bytes()
    made = make_published(session, show, title="Falls", summary="In short.", sound=sound)
    made.chapters.append(Chapter(start_ms=0, title="Welcome"))
    enclosure = session.get_one(Enclosure, made.enclosure_id)
    enclosure.duration_ms = 5_000
    backends.store.put_bytes(enclosure.key, sound)
    session.commit()
    return made


@pytest.fixture
def enter(session: Session, client: FlaskClient, community: Community) -> Callable[[str], Account]:
    """Sign somebody of this role in."""

    def as_role(role: str) -> Account:
        account = make_account(session, name="Amina")
        make_membership(session, account, community, role)
        session.commit()
        sign_in(client, account)
        return account

    return as_role


def test_a_right_show_is_said_to_be_well(
    client: FlaskClient, session: Session, show: Show, heard: Episode, enter: Callable[[str], Account]
) -> None:
    show.guid = heard.guid  # any UUID
    session.commit()
    enter("producer")
    page = client.get(PAGE).text

    assert WELL in page
    assert "its only episode" in page
    assert "A proxy or firewall in front of this service was not checked." in page
    assert "only this computer or its neighbours can reach" in page
    assert f'href="{PAGE}"' in client.get("/studio/shows/rounds").text


def test_what_is_wrong_leads_to_the_field_that_mends_it(
    client: FlaskClient, session: Session, show: Show, heard: Episode, enter: Callable[[str], Account]
) -> None:
    show.owner_email, heard.title = "", "Episode 3"
    session.commit()
    enter("facilitator")
    page = client.get(PAGE).text

    assert WELL not in page
    assert "One thing would be refused by podcast apps." in page
    assert 'href="/studio/shows/rounds/edit#owner_email"' in page
    assert f'href="/studio/episodes/{heard.id}/edit#title"' in page
    assert page.index("There is no e-mail address") < page.index("The title begins with the number")


def test_a_producer_is_told_whom_to_ask_for_what_they_may_not_change(
    client: FlaskClient, session: Session, show: Show, heard: Episode, enter: Callable[[str], Account]
) -> None:
    show.owner_email = ""
    session.commit()
    enter("producer")
    page = client.get(PAGE).text

    assert "A facilitator of the community can change this." in page
    assert "/studio/shows/rounds/edit" not in page


def test_files_that_are_gone_are_found_by_asking(
    client: FlaskClient, session: Session, backends: Backends, heard: Episode, enter: Callable[[str], Account]
) -> None:
    assert heard.enclosure is not None
    backends.store.delete(heard.enclosure.key)
    enter("facilitator")
    page = client.get(PAGE).text

    assert "The sound cannot be loaded." in page


def test_a_show_without_artwork_is_told_so(
    client: FlaskClient, session: Session, community: Community, enter: Callable[[str], Account]
) -> None:
    make_show(session, community, slug="rounds")
    session.commit()
    enter("facilitator")
    page = client.get(PAGE).text

    assert "The show has no picture." in page
    assert 'href="/studio/shows/rounds/artwork#picture"' in page
    assert "Nothing is public yet, so only what you entered was read." in page


def test_looking_writes_no_line_but_its_own(
    client: FlaskClient, heard: Episode, enter: Callable[[str], Account], caplog: pytest.LogCaptureFixture
) -> None:
    enter("producer")
    with caplog.at_level(logging.INFO, "app.request"):
        client.get(PAGE)

    assert [record.path for record in caplog.records if record.name == "app.request"] == [PAGE]  # type: ignore[attr-defined]


def make_draft(session: Session, show: Show, **fields: object) -> Episode:
    episode = make_episode(session, show, **fields)
    recording: Recording = make_recording(session, episode)
    make_enclosure(session, recording, b"\0" * 720_000)
    make_transcript(session, recording)
    session.commit()
    return episode


BOX = "Before podcast apps see it"


def test_a_draft_says_what_is_worth_mending_and_can_be_published_all_the_same(
    client: FlaskClient, session: Session, show: Show, enter: Callable[[str], Account]
) -> None:
    draft = make_draft(session, show, title="Falls")
    enter("facilitator")
    page = client.get(f"/studio/episodes/{draft.id}").text

    assert BOX in page
    assert "The episode has no summary" in page
    assert f'href="/studio/episodes/{draft.id}/edit#summary"' in page
    assert f"/studio/episodes/{draft.id}/publish/now" in page
    assert page.index(BOX) < page.index('id="publish"')


@pytest.mark.parametrize("state", ["nothing to say", "public", "withdrawn", "in the bin"])
def test_the_box_is_there_only_before_and_only_with_something_to_say(
    client: FlaskClient, session: Session, show: Show, enter: Callable[[str], Account], state: str
) -> None:
    draft = make_draft(session, show, title="Falls", summary="In short." if state == "nothing to say" else "")
    if state == "in the bin":
        draft.deleted_at = WHEN
    elif state != "nothing to say":
        draft.state = EpisodeState.published if state == "public" else EpisodeState.withdrawn
        draft.published_at = draft.withdrawn_at = WHEN
    session.commit()
    enter("facilitator")

    assert BOX not in client.get(f"/studio/episodes/{draft.id}").text


def test_a_hostile_title_stays_inert(
    client: FlaskClient, session: Session, show: Show, heard: Episode, enter: Callable[[str], Account]
) -> None:
    heard.title = heard.summary = '<script>alert(1)</script>"'
    other = make_draft(session, show, title='<script>alert(2)</script>"', number=1)
    heard.number = 1
    session.commit()
    enter("facilitator")

    for path in (PAGE, f"/studio/episodes/{other.id}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_every_field_that_can_be_mended_has_its_page_and_its_place_there(
    client: FlaskClient, session: Session, show: Show, heard: Episode, enter: Callable[[str], Account]
) -> None:
    enter("facilitator")
    pages = {**doctor._OF_SHOW, **doctor._OF_EPISODE}
    paths = {
        "studio.show_edit": "/studio/shows/rounds/edit",
        "studio.show_artwork": "/studio/shows/rounds/artwork",
        "studio.episode_edit": f"/studio/episodes/{heard.id}/edit",
        "studio.episode_chapters": f"/studio/episodes/{heard.id}/chapters",
        "studio.episode": f"/studio/episodes/{heard.id}",
    }

    assert pages.keys() | {Field.EPISODES, Field.SERVICE} == set(Field)
    for endpoint, _words, anchor in pages.values():
        assert f'id="{anchor}"' in client.get(paths[endpoint]).text, anchor
