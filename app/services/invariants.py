"""What must hold whatever happened: asked after every fault, by schedule, and by `flask check`.

Each question gives what is broken, in words for the operator, with ids and keys but no titles or text.
Changes nothing.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from itertools import pairwise

import sqlalchemy as sa
from lxml import etree
from sqlalchemy.orm import Session

from app.models import Enclosure, Episode, EpisodeState, Recording, SegmentRow, Show, TranscriptRow
from app.search.index import sentences_of
from app.services import episodes, feeds
from app.services.published import public_episode_ids, public_feed, public_shows
from app.services.transcripts import is_searchable
from app.storage import ObjectStore
from app.storage.errors import StorageError

#: Sizes of all objects by their key.
Sizes = Mapping[str, int]


def unfit_episodes(session: Session) -> Iterator[str]:
    """Published episodes that may not be: a story without consent, words that nobody has checked."""
    for episode in session.scalars(sa.select(Episode).where(Episode.state == EpisodeState.published)):
        if found := episodes.hindrances(session, episode):
            yield f"episode {episode.id} is published although: {' '.join(found)}"


def missing_objects(session: Session, sizes: Sizes) -> Iterator[str]:
    """Sound, recordings and pictures that rows name and the store does not have, or in another length."""
    named: list[tuple[str, str, int]] = []
    for kind, table in (("enclosure", Enclosure), ("recording", Recording)):
        for key, size_bytes in session.execute(sa.select(table.key, table.size_bytes)):
            named.append((kind, key, size_bytes))
    for kind, key, size_bytes in named:
        if key not in sizes:
            yield f"{kind} {key} is not in the store"
        elif sizes[key] != size_bytes:
            yield f"{kind} {key} has {sizes[key]} bytes in the store, and {size_bytes} in its row"
    for show in session.scalars(sa.select(Show).where(Show.artwork_sha256 != "")):
        if show.artwork_sha256 and not any(key.startswith(f"artwork/{show.id}/") for key in sizes):
            yield f"the picture of show {show.id} is not in the store"


def changed_objects(session: Session, store: ObjectStore) -> Iterator[str]:
    """Sound and recordings whose bytes are not those that were stored (reads everything once)."""
    hashes: list[tuple[str, str | None]] = []
    for table in (Enclosure, Recording):
        hashes += ((key, sha256) for key, sha256 in session.execute(sa.select(table.key, table.sha256)))
    for key, sha256 in hashes:
        if sha256 is None:
            continue  # not received yet
        try:
            with store.local_path(key) as path, path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except StorageError:
            continue  # said by missing_objects
        if found != sha256:
            yield f"{key} has other bytes than were stored"


def strangers(session: Session) -> Iterator[str]:
    """Episodes whose sound and words are of different recordings, or of another episode."""
    for episode in session.scalars(sa.select(Episode)):
        enclosure, transcript = episode.enclosure, episode.transcript
        if enclosure is not None and (enclosure.recording_id, enclosure.episode_id) != (
            episode.recording_id,
            episode.id,
        ):
            yield f"episode {episode.id} has the sound of another recording"
        if transcript is not None and transcript.recording_id != episode.recording_id:
            yield f"episode {episode.id} has the words of another recording"


def impossible_times(session: Session) -> Iterator[str]:
    """Transcripts whose sentences run backwards or past the end."""
    rows = session.execute(
        sa.select(SegmentRow.transcript_id, SegmentRow.start_ms, SegmentRow.end_ms, TranscriptRow.duration_ms)
        .join(TranscriptRow, SegmentRow.transcript_id == TranscriptRow.id)
        .order_by(SegmentRow.transcript_id, SegmentRow.number)
    ).all()
    said: set[uuid.UUID] = set()
    for row in rows:
        if (row.end_ms < row.start_ms or row.start_ms > row.duration_ms) and row.transcript_id not in said:
            said.add(row.transcript_id)
            yield f"transcript {row.transcript_id} has a sentence outside of its time"
    for one, other in pairwise(rows):
        same = one.transcript_id == other.transcript_id
        if same and other.start_ms < one.start_ms and one.transcript_id not in said:
            said.add(one.transcript_id)
            yield f"transcript {one.transcript_id} runs backwards"


def broken_feeds(session: Session, public_url: str, sizes: Sizes) -> Iterator[str]:
    """Public feeds that do not parse, miss an episode, or say another length than the store has."""
    for show in session.scalars(public_shows()):
        body = feeds.feed_file(session, public_feed(session, show.slug), public_url, feeds.FeedCache()).body
        try:
            tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            yield f"the feed of show {show.id} is not well-formed: {error.msg}"
            continue
        told = {item.get("url"): item.get("length") for item in tree.iterfind("channel/item/enclosure")}
        for episode in session.scalars(
            sa.select(Episode).where(Episode.show_id == show.id, Episode.id.in_(public_episode_ids()))
        ):
            enclosure = episode.enclosure
            length = told.get(public_url + feeds.enclosure_path(episode)) if enclosure else None
            if enclosure is None or length is None:
                yield f"episode {episode.id} is public and not in its feed"
            elif int(length) != sizes.get(enclosure.key, -1):
                yield f"the feed says another length for episode {episode.id} than the store has"


def unfindable_words(session: Session) -> Iterator[str]:
    """Public episodes of which the search does not have every sentence (on a database that searches)."""
    if not is_searchable(session):
        return
    rows = session.execute(
        sa.select(Episode.id, sa.func.count(SegmentRow.id))
        .join(SegmentRow, SegmentRow.transcript_id == Episode.transcript_id)
        .where(Episode.id.in_(public_episode_ids()), SegmentRow.text != "")
        .group_by(Episode.id)
    ).all()
    for episode_id, wanted in rows:
        found = sentences_of(session, episode_id)
        if found != wanted:
            yield f"the search has {found} of {wanted} sentences of episode {episode_id}"
