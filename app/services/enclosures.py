"""What stands in an enclosure's tags, and when they have to be written anew."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.audio.tags import Tags
from app.models import Episode
from app.services import artwork as pictures
from app.storage import ObjectStore
from app.storage.errors import ObjectMissing

#: The artwork inside the MP3: enough for a lock screen, small beside an hour of sound.
TAG_ARTWORK = "640"

#: A change is dated when its request began and is seen when it is committed: tags are dated so much earlier.
LOOK_BACK = timedelta(minutes=1)


@dataclass(frozen=True)
class WantedTags:
    """What the tags should say now; `digest` changes exactly when they do."""

    title: str
    show: str
    author: str
    language: str
    year: str
    artwork: str | None
    chapters: tuple[tuple[int, str], ...]

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        values = [self.title, self.show, self.author, self.language, self.year, self.artwork, self.chapters]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def wanted_tags(_session: Session, episode: Episode) -> WantedTags:
    """The tags that fit the episode as it is now."""
    show = episode.show
    when = episode.published_at or episode.created_at
    return WantedTags(
        title=episode.title,
        show=show.title,
        author=show.author or show.community.name,
        language=show.language,
        year=str(when.year),
        artwork=pictures.key(show.id, show.artwork_sha256, TAG_ARTWORK) if show.artwork_sha256 else None,
        chapters=tuple((chapter.start_ms, chapter.title) for chapter in episode.chapters),
    )


def artwork_bytes(store: ObjectStore, wanted: WantedTags) -> bytes | None:
    """The picture for the tags; an episode without one is no error."""
    if wanted.artwork is None:
        return None
    try:
        return store.read_range(wanted.artwork)
    except ObjectMissing:
        return None


def as_tags(wanted: WantedTags, artwork: bytes | None, duration_ms: int) -> Tags:
    """As app.audio.tags writes them."""
    return Tags(
        title=wanted.title,
        show=wanted.show,
        duration_ms=duration_ms,
        author=wanted.author,
        language=wanted.language,
        date=wanted.year,
        artwork_jpeg=artwork,
        chapters=wanted.chapters,
    )
