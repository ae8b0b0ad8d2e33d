"""Publish, replace, unpublish, withdraw, bin: every change of what the public sees of an Episode."""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import now_of_database
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models import (
    Account,
    Enclosure,
    Episode,
    EpisodeKind,
    EpisodeState,
    PublishWish,
    Recording,
    TranscriptRow,
)
from app.services import access, audit, consents, recordings, shows, transcripts
from app.services.audit import Subject

BIN_DAYS = 30
#: A schedule beyond this is a mistyped year.
LONGEST_WAIT = timedelta(days=2 * 366)


def get(session: Session, episode_id: uuid.UUID) -> Episode:
    """Any episode, in the bin or not. Raises NotFound."""
    episode = session.get(Episode, episode_id)
    if episode is None:
        raise NotFound("There is nothing at this address.")
    return episode


def touch(session: Session, episode: Episode, now: datetime, *, was_public: bool = False) -> None:
    """Something that is said of it has changed: the search follows, and the show's feed where it tells.

    What happens to a draft is nobody's business: neither ETag nor date of the feed may show it.
    """
    episode.changed_at = now
    if was_public or is_public(episode, now):
        shows.touch(episode.show, now)
    session.flush()
    transcripts.index(session, episode)


def is_public(episode: Episode, now: datetime) -> bool:
    """Whether the public may see it now (services/published.py asks the same of the database)."""
    return episode.state is EpisodeState.published and episode.deleted_at is None and not waits(episode, now)


def waits(episode: Episode, now: datetime) -> bool:
    """Whether it is to be public at a later time only."""
    return episode.public_from is not None and episode.public_from > now


def was_seen(episode: Episode, now: datetime) -> bool:
    """Whether the public has ever seen it."""
    return episode.published_at is not None and episode.published_at <= now


def hindrances(session: Session, episode: Episode) -> list[str]:
    """What stands in the way of publishing, in words. The transcript's absence alone does not."""
    found = []
    if episode.deleted_at is not None:
        found.append("It is in the bin. Take it out first.")
    if episode.enclosure_id is None:
        found.append("There is no sound yet. Upload a recording, or wait until it is levelled.")
    if not episode.title.strip():
        found.append("It has no title.")
    if _must_be_checked(episode) and not _is_checked(episode):
        found.append("The transcript has to be checked by a person first.")
    return [*found, *consents.lacking(session, episode)]


def may_publish_now(session: Session, episode: Episode) -> bool:
    """Whether nothing stands in the way."""
    return not hindrances(session, episode)


def publish(session: Session, episode: Episode, account: Account | None, now: datetime) -> None:
    """Make it public. `account` is None where the pipeline fulfils a wish that was allowed before.

    Raises NotAllowed, and Conflict with every hindrance in words.
    """
    if account is not None:
        _require_publisher(session, episode, account)
    found = hindrances(session, episode)
    if found:
        raise Conflict(" ".join(found))
    # by the clock of the database: a worker's own may be ahead, and an embargo must hold
    still_waits = episode.public_from is not None and episode.public_from > now_of_database(session)
    episode.wish = PublishWish.none
    episode.state = EpisodeState.published
    episode.withdrawn_at = None
    if account is not None or not still_waits:
        episode.public_from = None
    if not was_seen(episode, now):
        episode.published_at = episode.public_from or now
    touch(session, episode, now)


def wish(session: Session, episode: Episode, wanted: PublishWish, account: Account, now: datetime) -> None:
    """Publish as soon as the sound (now) or the transcript (when_ready) is there, maybe at once."""
    if wanted is PublishWish.none:
        access.require_making(session, account, episode.show.community_id)
    else:
        _require_publisher(session, episode, account)
    if episode.state is EpisodeState.published:
        return
    episode.public_from = None
    episode.wish = wanted
    session.flush()
    fulfil(session, episode, now)


def ask_to_publish(
    session: Session, episode: Episode, wanted: PublishWish, account: Account, now: datetime
) -> None:
    """Publish it if what is asked for is there, else wish for it; "none" takes a wish back.

    Raises as `publish` and `wish`.
    """
    there = {PublishWish.now: episode.enclosure_id, PublishWish.when_ready: episode.transcript_id}
    if there.get(wanted) is not None:
        publish(session, episode, account, now)
    else:
        wish(session, episode, wanted, account, now)


def schedule(session: Session, episode: Episode, at: datetime, account: Account, now: datetime) -> None:
    """Have it public from this moment on: by a condition of every query, so that nothing has to run then.

    An episode that is not ready yet is published when it is, and seen when the moment has come, whichever
    is later. Raises NotAllowed; Invalid for a moment that is over or too far; Conflict where it is public.
    """
    _require_publisher(session, episode, account)
    if is_public(episode, now):
        raise Conflict("It is public already. Unpublish it first to have it public at a later time.")
    if not now < at <= now + LONGEST_WAIT:
        raise Invalid({"day": "Choose a moment in the future, within the next two years."})
    episode.public_from = at
    if episode.state is EpisodeState.published:
        if not was_seen(episode, now):
            episode.published_at = at
        touch(session, episode, now)
        return
    episode.wish = PublishWish.when_ready
    session.flush()
    fulfil(session, episode, now)


def unpublish(session: Session, episode: Episode, account: Account, now: datetime) -> None:
    """Take it back for now: 404 everywhere, and it can be published again under the same GUID."""
    _require_publisher(session, episode, account)
    if episode.state is not EpisodeState.published:
        raise Conflict("It is not published.")
    was_public = is_public(episode, now)
    episode.state = EpisodeState.unpublished
    if not was_seen(episode, now):
        episode.state, episode.published_at = EpisodeState.draft, None
    episode.wish = PublishWish.none
    episode.public_from = None
    touch(session, episode, now, was_public=was_public)


def withdraw(session: Session, episode: Episode, account: Account, now: datetime) -> None:
    """Take it back for good: 410 everywhere, so that apps and search engines forget it."""
    _require_publisher(session, episode, account)
    if not was_seen(episode, now):
        raise Conflict("It was never published, so there is nothing to withdraw. Move it to the bin instead.")
    was_public = is_public(episode, now)
    episode.state = EpisodeState.withdrawn
    episode.wish = PublishWish.none
    episode.withdrawn_at = now
    touch(session, episode, now, was_public=was_public)


def to_bin(session: Session, episode: Episode, account: Account, now: datetime) -> None:
    """Out of sight at once, gone after thirty days. A published episode is unpublished by it."""
    access.require_making(session, account, episode.show.community_id)
    if episode.deleted_at is not None:
        return
    if episode.state is EpisodeState.published:
        unpublish(session, episode, account, now)
    episode.wish = PublishWish.none
    episode.deleted_at = now
    recordings.interrupt(session, episode, now)
    touch(session, episode, now)


def from_bin(
    session: Session, episode: Episode, account: Account, now: datetime, *, public: bool = False
) -> None:
    """Back from the bin: not published, or as public as it was where that is undone (`public`).

    Raises Conflict where it is not there.
    """
    access.require_making(session, account, episode.show.community_id)
    if episode.deleted_at is None:
        raise Conflict("It is not in the bin.")
    episode.deleted_at = None
    touch(session, episode, now)
    if public:
        publish(session, episode, account, now)


def bin_ends(episode: Episode) -> datetime | None:
    """When an episode in the bin is gone for good."""
    return episode.deleted_at + timedelta(days=BIN_DAYS) if episode.deleted_at else None


def take_enclosure(session: Session, recording: Recording, now: datetime) -> None:
    """The sound is levelled: it becomes the episode's, unless a published episode still waits for the words.

    Replacing the recording of a published episode changes sound and transcript together, in take_transcript.
    """
    episode = recording.episode
    if recordings.is_replaced(session, recording):
        return
    if episode.state is EpisodeState.published and episode.enclosure_id is not None:
        if episode.recording_id == recording.id:  # the same recording, levelled once more
            shows.touch(episode.show, now)
        return
    enclosure = session.scalars(sa.select(Enclosure).where(Enclosure.recording_id == recording.id)).one()
    _use(session, episode, recording, enclosure, None, now)
    if episode.wish is PublishWish.now:
        _fulfil_by_itself(session, episode, now)


def take_transcript(
    session: Session, recording: Recording, transcript: TranscriptRow | None, now: datetime
) -> None:
    """The words are there: they and the sound become the episode's, and a wish to publish is fulfilled."""
    episode = recording.episode
    if recordings.is_replaced(session, recording):
        return
    enclosure = session.scalars(sa.select(Enclosure).where(Enclosure.recording_id == recording.id)).one()
    is_checked = transcript is not None and transcript.checked_at is not None
    was_public = is_public(episode, now)
    if episode.state is EpisodeState.published and _must_be_checked(episode) and not is_checked:
        # new words that nobody has checked, in a show or story that asks for checking
        episode.state = EpisodeState.unpublished
        episode.wish = PublishWish.none
    _use(session, episode, recording, enclosure, transcript, now)
    touch(session, episode, now, was_public=was_public)
    _fulfil_by_itself(session, episode, now)


def tell_ready(session: Session, episode: Episode, now: datetime) -> None:
    """The notice in the studio that fits what has become of it."""
    if episode.state is EpisodeState.published and waits(episode, now):
        text = f"“{episode.title}” is ready, and becomes public when you chose."
    elif episode.state is EpisodeState.published:
        text = f"“{episode.title}” is published with its transcript."
    else:
        text = f"The transcript of “{episode.title}” is ready to read and correct."
    recordings.tell(session, episode, "ready", text, now)


def maker_email(session: Session, episode: Episode) -> str | None:
    """The address of whoever made the episode."""
    account = session.get(Account, episode.created_by) if episode.created_by else None
    return account.email if account is not None and account.active else None


def latest_recording(session: Session, episode: Episode) -> Recording | None:
    """The newest recording, which may not be the one that listeners hear yet."""
    return session.scalar(
        sa.select(Recording)
        .where(Recording.episode_id == episode.id)
        .order_by(Recording.created_at.desc(), Recording.id)
        .limit(1)
    )


def _use(
    session: Session,
    episode: Episode,
    recording: Recording,
    enclosure: Enclosure,
    transcript: TranscriptRow | None,
    now: datetime,
) -> None:
    """Sound and words change in one statement: the database looks at stories after each."""
    old = episode.enclosure
    if old is not None and old.id != enclosure.id and old.sha256 != enclosure.sha256:
        recordings.remember_address(session, old, now)
    if transcript is not None:
        episode.transcript_id = transcript.id
    elif episode.recording_id != recording.id:
        episode.transcript_id = None  # the words of another recording
    episode.recording_id = recording.id
    episode.enclosure_id = enclosure.id
    session.flush()
    session.expire(episode, ["recording", "enclosure", "transcript"])
    _drop_chapters_past_the_end(session, episode, enclosure.duration_ms, now)


def _drop_chapters_past_the_end(session: Session, episode: Episode, duration_ms: int, now: datetime) -> None:
    """A shorter recording has fewer chapters; which ones are gone is told to whoever made the episode."""
    gone = [chapter for chapter in episode.chapters if chapter.start_ms >= duration_ms]
    if not gone:
        return
    titles = ", ".join(f"“{chapter.title}”" for chapter in gone)
    for chapter in gone:
        episode.chapters.remove(chapter)
    session.flush()
    text = f"The new recording of “{episode.title}” ends before these chapters, so they are gone: {titles}."
    recordings.tell(session, episode, "chapters", text, now)


def _fulfil_by_itself(session: Session, episode: Episode, now: datetime) -> None:
    """As fulfil, where the pipeline has brought what was waited for: nobody else would be named for it."""
    before = episode.state
    fulfil(session, episode, now)
    if episode.state is not before and episode.state is EpisodeState.published:
        path = f"/studio/episodes/{episode.id}"
        audit.add(session, None, "published it", Subject(episode.title, path, episode.show.community_id), now)


def fulfil(session: Session, episode: Episode, now: datetime) -> None:
    """Publish if that was asked for, everything asked for is there, and nothing stands in the way."""
    if episode.wish is PublishWish.none or episode.state is EpisodeState.published:
        return
    if episode.wish is PublishWish.when_ready and episode.transcript_id is None:
        return
    if may_publish_now(session, episode):
        publish(session, episode, None, now)


def _require_publisher(session: Session, episode: Episode, account: Account) -> None:
    access.require_making(session, account, episode.show.community_id)
    if not access.may_publish(session, account, episode.show):
        raise NotAllowed("In this show a facilitator publishes and takes back. Ask one of them.")


def _must_be_checked(episode: Episode) -> bool:
    return episode.kind is EpisodeKind.story or episode.show.requires_checked


def _is_checked(episode: Episode) -> bool:
    return episode.transcript is not None and episode.transcript.checked_at is not None
