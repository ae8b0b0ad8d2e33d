"""What has to be done by and by: rows to look at, rows to let go. The worker does it in passing."""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.models import (
    Enclosure,
    Episode,
    EpisodeState,
    FormerEnclosure,
    Recording,
    RecordingState,
    Show,
    Upload,
)
from app.services import artwork, episodes, recordings, shows, transcripts
from app.services.enclosures import LOOK_BACK, WantedTags, wanted_tags
from app.storage.keys import recording_key

#: An upload that nobody touched for so long is given up.
UPLOAD_DAYS = 7
#: One that the store has put together already lacks nothing but its row: it is kept as long as the bin.
JOINED_DAYS = episodes.BIN_DAYS
#: How long the bytes behind a former address stay for downloads in work.
FORMER_HOURS = 24
AT_ONCE = 20
#: An object may be this much older than the row that will name it.
ORPHAN_HOURS = 24


def any_tags_due(session: Session) -> bool:
    """Whether any published enclosure's tags have to be looked at."""
    return session.scalars(_tags_due().limit(1)).first() is not None


def _tags_due() -> sa.Select[Episode]:
    return (
        sa.select(Episode)
        .join(Show)
        .join(Enclosure, Episode.enclosure_id == Enclosure.id)
        .where(
            Episode.state == EpisodeState.published,
            sa.or_(Episode.changed_at > Enclosure.tagged_at, Show.changed_at > Enclosure.tagged_at),
        )
    )


def outdated_tags(session: Session, now: datetime) -> list[tuple[Enclosure, WantedTags]]:
    """Published enclosures whose tags no longer say what the page says.

    Those whose tags still fit are marked as looked at, so that they are not looked at again.
    """
    found: list[tuple[Enclosure, WantedTags]] = []
    rows = session.scalars(
        _tags_due().options(joinedload(Episode.enclosure), selectinload(Episode.chapters))
    ).all()
    for episode in rows:
        wanted = wanted_tags(session, episode)
        enclosure = episode.enclosure
        if enclosure is None:
            continue
        if wanted.digest == enclosure.tags_digest:
            enclosure.tagged_at = now - LOOK_BACK
        elif len(found) < AT_ONCE:
            found.append((enclosure, wanted))
    session.flush()
    return found


def replace_enclosure(
    session: Session,
    old: Enclosure,
    key: str,
    sha256: str,
    size_bytes: int,
    digest: str,
    read_at: datetime,
    now: datetime,
) -> bool:
    """The same sound with new tags takes the place; False where something else has taken it meanwhile.

    `read_at` is when was read what the tags say: a later change is due again.
    """
    row = session.get(Enclosure, old.id, with_for_update=True)
    if row is None or row.sha256 != old.sha256:
        return False
    if sha256 != row.sha256:
        recordings.remember_address(session, row, now)
    row.key, row.sha256, row.size_bytes = key, sha256, size_bytes
    row.tags_digest, row.tagged_at = digest, read_at - LOOK_BACK
    episode = session.get_one(Episode, row.episode_id)
    shows.touch(episode.show, now)
    session.flush()
    return True


def former_objects(session: Session, now: datetime) -> list[str]:
    """Keys of replaced enclosures that no download needs any more; the addresses stay."""
    rows = session.scalars(
        sa.select(FormerEnclosure).where(
            FormerEnclosure.key != "", FormerEnclosure.replaced_at < now - timedelta(hours=FORMER_HOURS)
        )
    ).all()
    heard = sa.select(Enclosure.key).join(Episode, Episode.enclosure_id == Enclosure.id)
    keys = {row.key for row in rows} - set(session.scalars(heard))
    for row in rows:
        row.key = ""
    session.flush()
    # the sound of a recording that was replaced, which may say what the new one no longer says
    session.execute(sa.delete(Enclosure).where(Enclosure.key.in_(keys)))
    return sorted(keys)


def abandoned_uploads(session: Session, now: datetime) -> list[Upload]:
    """Uploads that nobody touched for a week, complete or not."""
    rows = session.scalars(sa.select(Upload).where(Upload.touched_at < now - timedelta(days=UPLOAD_DAYS)))
    return list(rows)


def forget_uploads(
    session: Session, abandoned: list[Upload], joined: set[uuid.UUID], now: datetime
) -> list[Upload]:
    """Let go of the rows of abandoned uploads; those that the store still has to give up.

    `joined` are the ids of those whose object lies in the store: they wait longer for their producer. What
    was touched since it was looked at stays.
    """
    gone: list[Upload] = []
    for upload in abandoned:
        is_waiting = upload.id in joined and upload.completed_at is None
        before = now - timedelta(days=JOINED_DAYS if is_waiting else UPLOAD_DAYS)
        gone += session.scalars(
            sa.delete(Upload)
            .where(Upload.id == upload.id, Upload.touched_at < before)
            .returning(Upload)
            .execution_options(synchronize_session=False)
        )
    return [upload for upload in gone if upload.completed_at is None]


def open_uploads(session: Session) -> set[str]:
    """The store's names of the uploads that have a row, however old they are."""
    return set(session.scalars(sa.select(Upload.store_upload)))


def empty_bin(session: Session, now: datetime) -> list[str]:
    """Let go of episodes that were in the bin for thirty days; the keys of what they leave in the store."""
    gone = session.scalars(
        sa.select(Episode).where(Episode.deleted_at < now - timedelta(days=episodes.BIN_DAYS))
    ).all()
    keys: list[str] = []
    for episode in gone:
        for table in (Recording, Enclosure, FormerEnclosure):
            keys += session.scalars(sa.select(table.key).where(table.episode_id == episode.id))
        made = session.scalars(sa.select(Recording.id).where(Recording.episode_id == episode.id))
        keys += [recording_key(recording_id, "speech.wav") for recording_id in made]
        transcripts.forget(session, episode.id)
        episode.recording_id = episode.enclosure_id = episode.transcript_id = None
        session.flush()
        for table in (Enclosure, Recording):
            session.execute(sa.delete(table).where(table.episode_id == episode.id))
        session.delete(episode)
    session.flush()
    return [key for key in keys if key]


def named_objects(session: Session) -> set[str]:
    """Keys of all that is kept: recordings, enclosures, pictures. A backup carries these and no others."""
    named = set(session.scalars(sa.select(Recording.key)))
    named |= set(session.scalars(sa.select(Enclosure.key)))
    named |= set(session.scalars(sa.select(FormerEnclosure.key).where(FormerEnclosure.key != "")))
    shown = session.execute(sa.select(Show.id, Show.artwork_sha256))
    return named | {
        artwork.key(show, sha256, size) for show, sha256 in shown if sha256 for size in artwork.SIZES
    }


def without_row(session: Session, keys: set[str]) -> set[str]:
    """Which of these recordings, enclosures and pictures no row names.

    A crash came between object and row, or, with pictures, another one has taken the place.
    """
    named = named_objects(session)
    named |= {recording_key(upload) for upload in session.scalars(sa.select(Upload.recording_id))}
    unfinished = session.scalars(sa.select(Recording.id).where(Recording.state != RecordingState.ready))
    named |= {recording_key(recording_id, "speech.wav") for recording_id in unfinished}
    return keys - named


def without_object(session: Session, keys: set[str]) -> list[str]:
    """Keys of published enclosures that are not among `keys`: the operator must act."""
    published = session.scalars(
        sa.select(Enclosure.key)
        .join(Episode, Episode.enclosure_id == Enclosure.id)
        .where(Episode.state == EpisodeState.published)
    )
    return sorted(set(published) - keys)


def known_uploads(session: Session) -> set[str]:
    """The store's ids of all uploads that have a row."""
    return set(session.scalars(sa.select(Upload.store_upload)))
