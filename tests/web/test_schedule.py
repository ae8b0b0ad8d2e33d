"""An episode that becomes public at its time, without anything that has to run then."""

import time as sleeping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.errors import Conflict, Invalid, NotFound
from app.models import Account, Episode, EpisodeState, PublishWish
from app.pipeline import steps
from app.services import drafts, episodes
from app.services.published import public_episode_by_guid
from app.web.studio.scheduling import moment, next_change
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
from tests.fakes import KeptMail, SetClock
from tests.services.stories import make_story
from tests.web.signing import sign_in
from tests.web.studio import fresh, post

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def now(clock: SetClock) -> datetime:
    """The service's clock goes with the database's, whose clock decides what is due."""
    clock.now = datetime.now(UTC)
    return clock.now


@pytest.fixture
def owner(session: Session) -> Account:
    """Who may do everything."""
    return make_account(session, is_owner=True)


@pytest.fixture
def episode(session: Session) -> Episode:
    """A draft to which nothing is missing, in a show that is public."""
    show = make_show(session, make_community(session, slug="c"), slug="s")
    make_published(session, show, slug="before", title="Before")
    made = make_episode(session, show, slug="canary", title="The canary sings")
    recording = make_recording(session, made)
    make_enclosure(session, recording)
    make_transcript(session, recording, ("A plain cagebird.",))
    session.commit()
    return made


LISTS = (
    "/",
    "/shows/s",
    "/communities/c",
    "/shows/s/feed.xml",
    "/sitemap.xml",
    "/search?q=cagebird&format=json",
)


def seen(client: FlaskClient, session: Session, episode: Episode) -> tuple[list[int], int]:
    """The status of its own addresses, and in how many lists it stands."""
    fresh(session, episode)
    own = ["/shows/s/canary", f"/transcripts/{episode.guid}.vtt"]
    session.rollback()
    statuses = [client.get(path, buffered=True).status_code for path in own]
    pages = [client.get(path).text for path in LISTS]
    return statuses, sum("canary" in page or "cagebird" in page for page in pages)


def test_nobody_sees_it_before_its_time_and_everybody_after(
    client: FlaskClient, session: Session, episode: Episode, owner: Account, now: datetime
) -> None:
    etag = client.get("/shows/s/feed.xml").headers["ETag"]
    at = now + timedelta(seconds=5)
    episodes.schedule(session, episode, at, owner, now)
    session.commit()
    before = seen(client, session, episode)
    kept = client.get("/shows/s/feed.xml", headers={"If-None-Match": etag})

    sleeping.sleep((at + timedelta(seconds=0.1) - datetime.now(UTC)).total_seconds())

    assert (before, kept.status_code) == (([404, 404], 0), 304)
    assert seen(client, session, episode) == ([200, 200], 6)
    assert client.get("/shows/s/feed.xml", headers={"If-None-Match": etag}).status_code == 200
    assert episode.published_at == at


def test_a_new_time_and_none_at_all(
    session: Session, episode: Episode, owner: Account, now: datetime
) -> None:
    episodes.schedule(session, episode, now + timedelta(days=1), owner, now)
    episodes.schedule(session, episode, now + timedelta(days=2), owner, now)
    assert episode.published_at == now + timedelta(days=2)
    with pytest.raises(Conflict, match="never published"):
        episodes.withdraw(session, episode, owner, now)

    episodes.unpublish(session, episode, owner, now)
    assert (episode.state, episode.published_at, episode.public_from) == (EpisodeState.draft, None, None)

    episodes.schedule(session, episode, now + timedelta(days=1), owner, now)
    episodes.publish(session, episode, owner, now)
    assert (episode.published_at, episode.public_from) == (now, None)
    assert public_episode_by_guid(session, episode.guid) is episode
    with pytest.raises(Conflict, match="public already"):
        episodes.schedule(session, episode, now + timedelta(days=1), owner, now)


def test_what_comes_back_at_a_time_keeps_its_first_date(
    session: Session, episode: Episode, owner: Account, now: datetime
) -> None:
    episodes.publish(session, episode, owner, now)
    episodes.unpublish(session, episode, owner, now)
    episodes.schedule(session, episode, now + timedelta(days=1), owner, now)

    assert episode.published_at == now
    with pytest.raises(NotFound):
        public_episode_by_guid(session, episode.guid)


def test_what_is_not_ready_is_published_when_it_is_and_seen_at_its_time(
    session: Session, owner: Account, now: datetime
) -> None:
    episode = make_episode(session)
    at = now + timedelta(days=1)
    episodes.schedule(session, episode, at, owner, now)
    assert (episode.state, episode.wish) == (EpisodeState.draft, PublishWish.when_ready)
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    episodes.take_transcript(session, recording, make_transcript(session, recording), now)

    assert (episode.state, episode.public_from, episode.published_at) == (EpisodeState.published, at, at)


def test_a_worker_whose_clock_is_ahead_lifts_no_embargo(
    session: Session, owner: Account, now: datetime
) -> None:
    episode = make_episode(session)
    at = now + timedelta(hours=1)
    episodes.schedule(session, episode, at, owner, now)
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    transcript = make_transcript(session, recording)
    episodes.take_transcript(session, recording, transcript, now + timedelta(days=1))
    session.flush()

    assert (episode.state, episode.public_from, episode.published_at) == (EpisodeState.published, at, at)
    with pytest.raises(NotFound):
        public_episode_by_guid(session, episode.guid)


def test_a_wish_that_is_taken_back_takes_the_time_with_it(
    session: Session, owner: Account, now: datetime
) -> None:
    episode = make_episode(session)
    episodes.schedule(session, episode, now + timedelta(days=1), owner, now)
    episodes.wish(session, episode, PublishWish.none, owner, now)

    assert (episode.wish, episode.public_from) == (PublishWish.none, None)


def test_a_story_that_waits_for_its_time_is_taken_back_with_its_consent(
    session: Session, owner: Account, now: datetime
) -> None:
    story = make_story(session)
    episodes.schedule(session, story, now + timedelta(days=1), owner, now)
    drafts.withdraw_consent(session, story, story.consents[0], now)

    assert story.state is EpisodeState.unpublished


@pytest.mark.parametrize("by", [timedelta(0), timedelta(days=-1), timedelta(days=800)])
def test_a_time_that_is_over_or_far_away_is_refused(
    session: Session, episode: Episode, owner: Account, now: datetime, by: timedelta
) -> None:
    with pytest.raises(Invalid):
        episodes.schedule(session, episode, now + by, owner, now)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2027, 1, 5), time(9), datetime(2027, 1, 5, 9, tzinfo=UTC)),
        (date(2027, 7, 5), time(9), datetime(2027, 7, 5, 8, tzinfo=UTC)),
        (date(2027, 10, 31), time(1, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # comes twice
    ],
)
def test_a_time_is_meant_as_the_clocks_show_it(day: date, at: time, utc: datetime) -> None:
    assert moment(day, at, LONDON) == utc


def test_an_hour_that_the_clocks_leave_out_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="no 01:30"):
        moment(date(2027, 3, 28), time(1, 30), LONDON)
    with pytest.raises(Invalid) as refused:
        moment(None, None, LONDON)
    assert list(refused.value.problems) == ["day", "time"]


def test_the_day_on_which_the_clocks_change_is_known() -> None:
    change = next_change(datetime(2026, 11, 25, 12, tzinfo=UTC), LONDON)

    assert change is not None
    assert change.date() == date(2027, 3, 28)
    assert next_change(datetime(2026, 11, 25, 12, tzinfo=UTC), ZoneInfo("UTC")) is None


def test_a_producer_chooses_a_day_and_a_time(
    client: FlaskClient, session: Session, episode: Episode, now: datetime
) -> None:
    account = make_account(session)
    make_membership(session, account, episode.show.community, "facilitator")
    session.commit()
    sign_in(client, account)
    at, day = f"/studio/episodes/{episode.id}/schedule", (now + timedelta(days=30)).date()

    asked = client.get(at).text
    wrong = post(client, at, day="soon", time="")
    past = post(client, at, day="2020-01-01", time="09:00")
    good = post(client, at, day=day.isoformat(), time="09:00")

    assert "the clocks show them in Europe/London; they next change on" in asked
    assert (wrong.status_code, past.status_code, good.status_code) == (422, 422, 302)
    assert "Enter a day" in wrong.text
    page = client.get(f"/studio/episodes/{episode.id}").text
    assert "Scheduled" in page
    assert f"{day:%A} {day.day} {day:%B %Y} at 09:00" in page
    post(client, f"/studio/episodes/{episode.id}/unpublish")
    fresh(session, episode)
    assert (episode.state, episode.public_from) == (EpisodeState.draft, None)


def test_the_letter_does_not_say_that_it_is_published_before_it_is(
    backends: Backends, session: Session, episode: Episode, owner: Account, now: datetime
) -> None:
    assert isinstance(backends.mailer, KeptMail)
    episode.created_by = owner.id
    assert episode.recording is not None
    recording_id = episode.recording.id
    episodes.schedule(session, episode, now + timedelta(days=1), owner, now)
    session.commit()

    steps.tell(backends, recording_id, 1)

    assert backends.mailer.letters[0].subject == "“The canary sings” is ready"


def test_every_moment_is_read_back_as_it_was_written(session: Session, now: datetime) -> None:
    episode = make_episode(session, public_from=now)
    session.commit()

    assert session.scalars(sa.select(Episode.public_from).where(Episode.id == episode.id)).one() == now
