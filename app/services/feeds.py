"""A Show as its feed tells it, and the bytes of that feed.

The feed is a function of the show's revision, this code and the public address; it is rendered when
first asked for and kept in memory by these three (house, decision 9). Request headers never reach it.
"""

import hashlib
import threading
import uuid
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models import Chapter, Credit, CreditRole, Episode, Person, Season, Show, TranscriptRow
from app.models import Enclosure as EnclosureRow
from app.notes import Moments, notes_html
from app.services import artwork as pictures
from app.services.published import (
    NOTHING_HERE,
    FeedRevision,
    has_words,
    public_episode_ids,
    public_shows,
)
from app.services.shows import feed_address
from feeds.channel import (
    Channel,
    ChannelKind,
    Enclosure,
    EpisodeType,
    Item,
    PersonLink,
    TranscriptLink,
    TxtRecord,
)
from feeds.description import paragraph
from feeds.opml import OpmlEntry, render_opml
from feeds.rss import render_rss
from transcription.formats import FORMATS

#: Raise it when the same rows should give other bytes.
FEED_VERSION = 3
#: The size of the artwork that directories ask for: square, 1400 to 3000 px (Apple).
FEED_ARTWORK = "full"
#: Feeds kept in memory; a feed of 1,000 episodes is about 2 MB.
KEPT = 64


#: Our roles in the words of the Podcast Taxonomy (podcast:person, role and group). It has no
#: storyteller: the one who is heard is a guest.
_TAXONOMY = {
    CreditRole.host: ("host", "cast"),
    CreditRole.cohost: ("co-host", "cast"),
    CreditRole.guest: ("guest", "cast"),
    CreditRole.storyteller: ("guest", "cast"),
    CreditRole.narrator: ("narrator", "cast"),
    CreditRole.producer: ("producer", "creative direction"),
    CreditRole.editor: ("audio editor", "audio post-production"),
}


@dataclass(frozen=True)
class FeedFile:
    """A rendered feed."""

    body: bytes
    etag: str
    modified_at: datetime


class FeedCache:
    """Rendered feeds of one process, the least recently asked for leaves first."""

    def __init__(self) -> None:
        self._files: OrderedDict[uuid.UUID, tuple[str, FeedFile]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, show_id: uuid.UUID, version: str) -> FeedFile | None:
        """The feed if it is still of this version."""
        with self._lock:
            kept = self._files.get(show_id)
            if kept is None or kept[0] != version:
                return None
            self._files.move_to_end(show_id)
            return kept[1]

    def put(self, show_id: uuid.UUID, version: str, file: FeedFile) -> None:
        """Keep it."""
        with self._lock:
            self._files[show_id] = (version, file)
            self._files.move_to_end(show_id)
            while len(self._files) > KEPT:
                self._files.popitem(last=False)


def feed_file(session: Session, asked: FeedRevision, public_url: str, cache: FeedCache) -> FeedFile:
    """The bytes of this feed and their ETag; the database is asked only where they are not kept yet."""
    version = f"{asked.revision}.{asked.changed_at.isoformat()}.{FEED_VERSION}.{public_url}"
    kept = cache.get(asked.show_id, version)
    if kept is not None:
        return kept
    show = session.get(Show, asked.show_id)
    if show is None:
        raise NotFound(NOTHING_HERE)  # erased a moment ago
    body = render_rss(channel_of(session, show, asked.changed_at, public_url))
    file = FeedFile(body, hashlib.sha256(body).hexdigest()[:32], asked.changed_at.replace(microsecond=0))
    cache.put(show.id, version, file)
    return file


def channel_of(
    session: Session,
    show: Show,
    changed_at: datetime,
    public_url: str,
    which: sa.Select[uuid.UUID] | None = None,
) -> Channel:
    """The show with the episodes of these ids, newest first; all its public ones where none are given."""
    if which is None:
        which = public_episode_ids().where(Episode.show_id == show.id)
    people = _people(session, show, which)
    artwork = (
        f"{public_url}/{pictures.key(show.id, show.artwork_sha256, 'full')}" if show.artwork_sha256 else None
    )
    return Channel(
        title=show.title,
        description_html=notes_html(show.description),
        link=f"{public_url}/shows/{show.slug}",
        feed_url=feed_address(public_url, show.slug),
        language=show.language,
        explicit=show.explicit,
        author=show.author or show.community.name,
        category=show.category,
        subcategory=show.subcategory or None,
        image_url=artwork,
        image_alt=show.artwork_alt or None,
        guid=str(show.guid) if show.guid else None,
        locked=show.locked,
        kind=ChannelKind(show.order.value),
        owner_name=show.author or show.community.name,
        owner_email=show.owner_email or None,
        copyright=show.copyright or None,
        txt=(TxtRecord(show.verify_text, "applepodcastsverify"),) if show.verify_text else (),
        updated_at=changed_at,
        items=tuple(
            _item(row, show, public_url, artwork, tuple(people.get(row.guid, ())))
            for row in session.execute(_rows(show, which))
        ),
    )


def enclosure_path(episode: Episode) -> str:
    """Where listeners get the sound: changed audio is a new address (house, decision 7)."""
    if episode.enclosure is None:
        raise ValueError("an episode without sound has no enclosure address")
    return _enclosure_path(str(episode.guid), episode.enclosure.sha256)


def opml(session: Session, service_name: str, public_url: str) -> bytes:
    """All public shows as OPML."""
    return render_opml(
        service_name,
        [
            OpmlEntry(
                text=show.title,
                xml_url=feed_address(public_url, show.slug),
                html_url=f"{public_url}/shows/{show.slug}",
            )
            for show in session.scalars(public_shows())
        ],
    )


def _rows(show: Show, which: sa.Select[uuid.UUID]) -> sa.Select[*tuple[Any, ...]]:
    """What the feed says of each episode, as plain rows: of 10,000 episodes objects would cost a second."""
    return (
        sa.select(
            Episode.guid,
            Episode.slug,
            Episode.title,
            Episode.summary,
            Episode.notes,
            Episode.content_note,
            Episode.number,
            Episode.episode_type,
            Episode.explicit,
            sa.func.coalesce(Episode.published_at, Episode.created_at).label("published_at"),
            EnclosureRow.sha256,
            EnclosureRow.size_bytes,
            EnclosureRow.duration_ms,
            Season.number.label("season"),
            Season.name.label("season_name"),
            TranscriptRow.language,
            has_words().label("has_words"),
            sa.exists().where(Chapter.episode_id == Episode.id).label("has_chapters"),
        )
        .outerjoin(Episode.enclosure)
        .outerjoin(Episode.season)
        .outerjoin(Episode.transcript)
        .where(Episode.show_id == show.id, Episode.id.in_(which))
        .order_by(Episode.published_at.desc(), Episode.id)
    )


def _people(session: Session, show: Show, which: sa.Select[uuid.UUID]) -> dict[uuid.UUID, list[PersonLink]]:
    """Who is credited, in their order, by the episode's guid."""
    credited = session.execute(
        sa.select(Episode.guid, Credit.role, Person.public_name, Person.link)
        .join(Credit.episode)
        .join(Credit.person)
        .where(Episode.show_id == show.id, Episode.id.in_(which))
        .order_by(Credit.position, Credit.id)
    )
    people: dict[uuid.UUID, list[PersonLink]] = defaultdict(list)
    for guid, credit_role, name, link in credited:
        role, group = _TAXONOMY[credit_role]
        people[guid].append(PersonLink(name, role, group, href=link or None))
    return people


def _item(
    row: sa.Row[Any], show: Show, public_url: str, artwork: str | None, persons: tuple[PersonLink, ...]
) -> Item:
    """One of _rows as an item."""
    guid, link = str(row.guid), f"{public_url}/shows/{show.slug}/{row.slug}"
    description_html = paragraph(row.summary)
    if row.notes:
        moments = None if row.duration_ms is None else Moments(row.duration_ms, link)
        description_html += notes_html(row.notes, moments=moments)
    return Item(
        guid=guid,
        title=row.title,
        link=link,
        published_at=row.published_at,
        enclosure=Enclosure(public_url + _enclosure_path(guid, row.sha256), row.size_bytes, "audio/mpeg")
        if row.sha256 is not None
        else None,
        description_html=description_html,
        summary=row.title,
        content_note=row.content_note or None,
        duration_ms=row.duration_ms,
        image_url=artwork,
        season=row.season,
        season_name=row.season_name or None,
        episode=row.number,
        episode_type=EpisodeType(row.episode_type.value),
        explicit=row.explicit or show.explicit,
        persons=persons,
        transcripts=_transcripts(guid, row.language, public_url) if row.has_words else (),
        chapters_url=f"{public_url}/chapters/{guid}.json" if row.has_chapters else None,
    )


def _enclosure_path(guid: str, sha256: str) -> str:
    return f"/media/{guid}/{sha256[:12]}.mp3"


def _transcripts(guid: str, language: str, public_url: str) -> tuple[TranscriptLink, ...]:
    """Every format; an unchecked story never comes this far, since it is not published."""
    return tuple(
        TranscriptLink(
            url=f"{public_url}/transcripts/{guid}.{form.extension}",
            media_type=form.media_type,
            language=language,
            rel="captions" if form.timed else None,
        )
        for form in FORMATS
    )
