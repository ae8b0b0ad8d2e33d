"""The studio's pages: what needs you, forms that keep what was typed, and what each change does."""

import io
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import (
    Account,
    Community,
    EpisodeState,
    Notice,
    PublishWish,
    Recording,
    RecordingState,
    Show,
    Step,
)
from app.pipeline import queues
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
from tests.web.studio import fresh, post

#: What a browser sends where nothing was changed.
SHOW = {
    "title": "Voices",
    "description": "Talks",
    "language": "en-gb",
    "spoken_language": "",
    "category": "Health & Fitness|Medicine",
    "order": "episodic",
}
EPISODE = {"kind": "episode", "episode_type": "full", "season_id": ""}


@pytest.fixture
def community(session: Session) -> Community:
    """Where the facilitator works."""
    return make_community(session, slug="nurses", name="Nurses")


@pytest.fixture
def facilitator(session: Session, community: Community, client: FlaskClient) -> Account:
    """Signed in with the client."""
    account = make_account(session, name="Amina Facilitator")
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


def test_a_new_service_leads_the_owner_to_the_first_recording(client: FlaskClient, session: Session) -> None:
    owner = make_account(session, is_owner=True)
    session.commit()
    sign_in(client, owner)

    assert "Begin with a community" in client.get("/studio/").text
    post(client, "/studio/communities/new", name="Nurses")
    assert "Now add a show" in client.get("/studio/").text
    post(client, "/studio/communities/nurses/shows/new", **{**SHOW, "title": "Voices"})
    assert "Upload your first recording" in client.get("/studio/").text


@pytest.mark.usefixtures("facilitator")
def test_the_overview_says_first_what_needs_a_person(
    client: FlaskClient, session: Session, community: Community
) -> None:
    show = make_show(session, community)
    failed = make_episode(session, show, title="It failed")
    make_recording(session, failed, state=RecordingState.failed, reason="The sound could not be levelled.")
    draft = make_episode(session, show, title="It is ready")
    make_transcript(session, make_recording(session, draft))
    make_enclosure(session, draft.recording)
    working = make_episode(session, show, title="It goes on")
    make_recording(session, working, state=RecordingState.working, step=Step.transcribe, progress=0.5)
    make_published(session, show, title="It is public")
    session.commit()

    page = client.get("/studio/").text

    needs, rest = page.split("On its way")
    titles = re.findall(r'row__title"[^>]*>([^<]+)<', needs)
    assert titles == ["It failed", "It is ready", "It is public"]
    assert "The sound could not be levelled." in needs
    assert "Transcribing 50%" in rest


@pytest.mark.usefixtures("facilitator")
def test_the_overview_shows_nothing_of_other_communities(client: FlaskClient, session: Session) -> None:
    make_published(session, title="Somebody else's")
    session.commit()

    assert "Somebody else&#39;s" not in client.get("/studio/").text


def test_a_notice_is_shown_until_it_is_dismissed(
    client: FlaskClient, session: Session, facilitator: Account
) -> None:
    notice = Notice(account_id=facilitator.id, kind="ready", text="Ready to read.", created_at=WHEN)
    session.add(notice)
    session.commit()

    assert "Ready to read." in client.get("/studio/").text
    post(client, f"/studio/notices/{notice.id}/read")
    assert "Ready to read." not in client.get("/studio/").text


@pytest.mark.usefixtures("facilitator")
def test_a_show_form_with_errors_names_each_field_and_keeps_what_was_typed(
    client: FlaskClient, session: Session
) -> None:
    answer = post(
        client,
        "/studio/communities/nurses/shows/new",
        **{**SHOW, "title": "", "description": "Kept <text>", "owner_email": "nobody"},
    )

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'href="#title"' in answer.text
    assert 'href="#owner_email"' in answer.text
    assert "Kept &lt;text&gt;" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Show)) == 0


@pytest.mark.usefixtures("facilitator")
def test_a_form_sets_only_its_own_fields(client: FlaskClient, session: Session, community: Community) -> None:
    episode = make_episode(session, make_show(session, community))
    other = make_show(session)
    session.commit()

    post(
        client,
        f"/studio/episodes/{episode.id}/edit",
        **EPISODE,
        title="New",
        state="published",
        published_at="2026-01-01",
        show_id=str(other.id),
        guid=str(other.id),
        wish="now",
    )

    guid, show_id = episode.guid, episode.show_id
    fresh(session, episode)
    assert (episode.title, episode.state) == ("New", EpisodeState.draft)
    assert (episode.guid, episode.show_id, episode.wish) == (guid, show_id, PublishWish.none)


@pytest.mark.usefixtures("facilitator")
def test_an_edited_episode_says_what_was_typed_and_changes_the_feed(
    client: FlaskClient, session: Session, community: Community
) -> None:
    episode = make_published(session, make_show(session, community))
    slug, revision = episode.slug, episode.show.revision
    session.commit()

    answer = post(
        client,
        f"/studio/episodes/{episode.id}/edit",
        **EPISODE,
        title="A new title",
        notes="**bold**",
        number="7",
    )

    assert answer.status_code == 302
    fresh(session, episode)
    fresh(session, episode.show)
    assert (episode.title, episode.slug, episode.number) == ("A new title", slug, 7)
    assert episode.show.revision > revision


@pytest.mark.usefixtures("facilitator")
def test_a_published_episode_that_would_lack_consent_is_refused_in_words(
    client: FlaskClient, session: Session, community: Community
) -> None:
    episode = make_published(session, make_show(session, community))
    session.commit()

    answer = post(client, f"/studio/episodes/{episode.id}/edit", **{**EPISODE, "title": "T", "kind": "story"})

    assert answer.status_code == 422
    assert "Name the storyteller" in answer.text


@pytest.mark.usefixtures("facilitator")
def test_notes_are_previewed_without_what_could_harm(client: FlaskClient) -> None:
    answer = post(
        client,
        "/studio/notes/preview",
        notes="**Hi** <script>alert(1)</script> [x](javascript:alert(1)) 0:30 2:00",
        duration_ms="60000",
    )

    assert "<strong>Hi</strong>" in answer.json["html"]
    assert "<script" not in answer.json["html"]
    assert re.findall('href="([^"]*)"', answer.json["html"]) == ["#t=30"]


@pytest.mark.usefixtures("facilitator")
def test_a_picture_is_stored_and_shown(
    client: FlaskClient, session: Session, community: Community, backends: Backends
) -> None:
    show = make_show(session, community, slug="voices")
    session.commit()
    file = io.BytesIO()
    Image.new("RGB", (1400, 1400), "teal").save(file, "PNG")
    file.seek(0)

    answer = post(
        client, "/studio/shows/voices/artwork", picture=(file, "x.svg"), artwork_alt="A teal square"
    )

    fresh(session, show)
    assert (answer.status_code, show.artwork_alt) == (302, "A teal square")
    assert len(list(backends.store.list(f"artwork/{show.id}"))) == 3


@pytest.mark.usefixtures("facilitator")
@pytest.mark.parametrize("content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_beside_its_field(
    client: FlaskClient, session: Session, community: Community, content: bytes
) -> None:
    make_show(session, community, slug="voices")
    session.commit()

    answer = post(
        client, "/studio/shows/voices/artwork", picture=(io.BytesIO(content), "x.png"), artwork_alt="Kept"
    )

    assert answer.status_code == 422
    assert 'href="#picture"' in answer.text
    assert 'value="Kept"' in answer.text


@pytest.mark.usefixtures("facilitator")
def test_publishing_taking_back_and_the_bin(
    client: FlaskClient, session: Session, community: Community
) -> None:
    episode = make_episode(session, make_show(session, community))
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    make_transcript(session, recording)
    session.commit()
    at = f"/studio/episodes/{episode.id}"
    states = []

    for step in ("publish/when_ready", "unpublish", "publish/now", "bin", "restore"):
        assert post(client, f"{at}/{step}").status_code == 302
        fresh(session, episode)
        states.append((episode.state.value, episode.deleted_at is not None))

    assert states == [
        ("published", False),
        ("unpublished", False),
        ("published", False),
        ("unpublished", True),
        ("unpublished", False),
    ]


@pytest.mark.usefixtures("facilitator")
@pytest.mark.parametrize("what", ["unpublish", "withdraw", "bin"])
def test_taking_back_is_asked_once_more(
    client: FlaskClient, session: Session, community: Community, what: str
) -> None:
    episode = make_published(session, make_show(session, community))
    session.commit()

    page = client.get(f"/studio/episodes/{episode.id}/{what}")

    fresh(session, episode)
    assert page.status_code == 200
    assert "Leave it as it is" in page.text
    assert episode.state is EpisodeState.published


@pytest.mark.usefixtures("facilitator")
def test_a_wish_is_kept_while_the_recording_is_on_its_way(
    client: FlaskClient, session: Session, community: Community
) -> None:
    episode = make_episode(session, make_show(session, community))
    make_recording(session, episode, state=RecordingState.working, step=Step.master)
    session.commit()

    post(client, f"/studio/episodes/{episode.id}/publish/when_ready")

    fresh(session, episode)
    assert (episode.state, episode.wish) == (EpisodeState.draft, PublishWish.when_ready)


@pytest.mark.usefixtures("facilitator")
def test_a_failed_recording_can_be_tried_again(
    client: FlaskClient, session: Session, community: Community, backends: Backends
) -> None:
    episode = make_episode(session, make_show(session, community))
    recording = make_recording(session, episode, state=RecordingState.failed, reason="It failed.")
    session.commit()
    assert "It failed." in client.get(f"/studio/episodes/{episode.id}").text

    post(client, f"/studio/recordings/{recording.id}/again")

    fresh(session, recording)
    assert (recording.state, recording.attempt) == (RecordingState.working, 2)
    ids = session.scalars(sa.select(queues.table(session).c.workflow_uuid)).all()
    assert list(ids) == [f"recording-{recording.id}-2"]


@pytest.mark.usefixtures("facilitator")
def test_the_sound_of_a_draft_is_heard_in_ranges_by_those_who_make_it(
    client: FlaskClient, session: Session, community: Community, backends: Backends
) -> None:
    episode = make_episode(session, make_show(session, community))
    enclosure = make_enclosure(session, make_recording(session, episode), b"0123456789")
    backends.store.put_bytes(enclosure.key, b"0123456789")
    session.commit()

    answer = client.get(f"/studio/episodes/{episode.id}/sound", headers={"Range": "bytes=2-4"})

    assert (answer.status_code, answer.data) == (206, b"234")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.usefixtures("facilitator")
def test_no_typed_text_can_add_a_header(client: FlaskClient, session: Session, community: Community) -> None:
    make_show(session, community)
    session.commit()

    answer = post(client, "/studio/communities/nurses/shows/new", **{**SHOW, "title": "T\r\nX-Evil: 1"})

    assert answer.location == "/studio/shows/t-x-evil-1"
    assert "X-Evil" not in answer.headers


@pytest.mark.usefixtures("facilitator")
def test_the_script_reads_how_far_a_recording_is(
    client: FlaskClient, session: Session, community: Community
) -> None:
    episode = make_episode(session, make_show(session, community))
    recording: Recording = make_recording(
        session, episode, state=RecordingState.working, step=Step.transcribe, progress=0.25
    )
    session.commit()

    said = client.get(f"/studio/recordings/{recording.id}/state").json

    assert (said["words"], said["state"], said["step"]) == ("Transcribing 25%", "working", "transcribe")
    assert [stage["state"] for stage in said["stages"]] == ["done", "done", "done", "now", "to come"]
