"""A Show as its feed tells it, and the bytes of that feed.

The feed is a function of the show's revision, this code and the public address; it is rendered when
first asked for and kept in memory by these three (house, decision 9). Request headers never reach it.
"""

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.models import Credit, CreditRole, Episode, Show, TranscriptRow
from app.models import Enclosure as EnclosureRow
from app.notes import Moments, notes_html
from app.services import artwork as pictures
from app.services.published import public_episode_ids, public_shows, readable_transcript_ids
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


def feed_file(
    session: Session, show: Show, changed_at: datetime, public_url: str, cache: FeedCache
) -> FeedFile:
    """The bytes of the show's feed and their ETag. `changed_at` as published.public_feed gives it."""
    version = f"{show.revision}.{changed_at.isoformat()}.{FEED_VERSION}.{public_url}"
    kept = cache.get(show.id, version)
    if kept is not None:
        return kept
    body = render_rss(channel_of(session, show, changed_at, public_url))
    file = FeedFile(body, hashlib.sha256(body).hexdigest()[:32], changed_at.replace(microsecond=0))
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
    which = public_episode_ids() if which is None else which
    episodes = session.scalars(
        sa.select(Episode)
        .where(Episode.show_id == show.id, Episode.id.in_(which))
        .order_by(Episode.published_at.desc(), Episode.id)
        .options(
            # not its waveform, nor what else no feed says: large shows are read as a whole
            joinedload(Episode.enclosure).load_only(
                EnclosureRow.sha256, EnclosureRow.size_bytes, EnclosureRow.duration_ms
            ),
            joinedload(Episode.transcript).load_only(TranscriptRow.language),
            joinedload(Episode.season),
            selectinload(Episode.chapters),
            selectinload(Episode.credits).joinedload(Credit.person),
        )
    ).unique()
    readable = _readable(session, show, which)
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
        items=tuple(_item(episode, public_url, artwork, readable) for episode in episodes),
    )


def enclosure_path(episode: Episode) -> str:
    """Where listeners get the sound: changed audio is a new address (house, decision 7)."""
    if episode.enclosure is None:
        raise ValueError("an episode without sound has no enclosure address")
    return f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3"


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


def _readable(session: Session, show: Show, which: sa.Select[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Ids of the episodes' transcripts in which a word stands: checkers refuse a file without any."""
    theirs = sa.select(Episode.transcript_id).where(Episode.show_id == show.id, Episode.id.in_(which))
    return frozenset(session.scalars(readable_transcript_ids().where(TranscriptRow.id.in_(theirs))))


def _item(episode: Episode, public_url: str, artwork: str | None, readable: Container[uuid.UUID]) -> Item:
    enclosure = episode.enclosure
    link = f"{public_url}/shows/{episode.show.slug}/{episode.slug}"
    moments = Moments(enclosure.duration_ms, link) if enclosure else None
    return Item(
        guid=str(episode.guid),
        title=episode.title,
        link=link,
        published_at=episode.published_at or episode.created_at,
        enclosure=Enclosure(public_url + enclosure_path(episode), enclosure.size_bytes, "audio/mpeg")
        if enclosure
        else None,
        description_html=paragraph(episode.summary) + notes_html(episode.notes, moments=moments),
        summary=episode.title,
        content_note=episode.content_note or None,
        duration_ms=enclosure.duration_ms if enclosure else None,
        image_url=artwork,
        season=episode.season.number if episode.season else None,
        season_name=(episode.season.name or None) if episode.season else None,
        episode=episode.number,
        episode_type=EpisodeType(episode.episode_type.value),
        explicit=episode.explicit or episode.show.explicit,
        persons=tuple(_person(credit) for credit in episode.credits),
        transcripts=_transcripts(episode, public_url) if episode.transcript_id in readable else (),
        chapters_url=f"{public_url}/chapters/{episode.guid}.json" if episode.chapters else None,
    )


def _person(credit: Credit) -> PersonLink:
    role, group = _TAXONOMY[credit.role]
    return PersonLink(name=credit.person.public_name, role=role, group=group, href=credit.person.link or None)


def _transcripts(episode: Episode, public_url: str) -> tuple[TranscriptLink, ...]:
    """Every format; an unchecked story never comes this far, since it is not published."""
    if episode.transcript is None:
        return ()
    return tuple(
        TranscriptLink(
            url=f"{public_url}/transcripts/{episode.guid}.{form.extension}",
            media_type=form.media_type,
            language=episode.transcript.language,
            rel="captions" if form.timed else None,
        )
        for form in FORMATS
    )
