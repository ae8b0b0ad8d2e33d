"""What the rest of the service calls: texts of an episode in, hits out, on whichever database is set.

Whether an episode may be seen is never the index's to decide: each search is given the episodes that
its reader may see, as a SELECT, and counts and shows nothing else (OWASP A01). Commits nothing.
"""

import uuid
from collections.abc import Iterable
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.metrics import SEARCH_SECONDS
from app.search import asking, postgres, sqlite, storing
from app.search.errors import SearchUnsupported
from app.search.hits import Hit, IndexedText, Piece, Results
from app.search.query import Query
from app.search.suggest import suggested
from app.search.tables import of_episode, search_episodes, search_texts

__all__ = [
    "Hit",
    "IndexedText",
    "Piece",
    "Query",
    "Results",
    "SearchUnsupported",
    "erase",
    "indexed_episodes",
    "remove_episode",
    "replace_episode",
    "require_support",
    "restem",
    "search",
    "sentences_of",
    "suggest",
]

PER_PAGE = 20
MAX_PER_PAGE = 100


class Backend(Protocol):
    """What a database must offer. A module does; see app/search/sqlite.py."""

    def is_supported(self, session: Session) -> bool:
        """Whether this build of the database can search at all."""

    @property
    def INDEX(self) -> asking.Index:
        """How it is asked."""

    def insert(self, session: Session, texts: dict[int, IndexedText], language: str) -> None:
        """Put these texts into the index by their ids."""

    def remove_episode(self, session: Session, episode_id: uuid.UUID) -> None:
        """Nothing of the episode is left in the index."""

    def erase(self, session: Session) -> None:
        """Nothing of replaced texts is left in the index."""

    def vocabulary(self, session: Session, shortest: int, longest: int) -> Iterable[tuple[str, int]]:
        """Unstemmed words of so many letters, and in how many texts each is."""


def require_support(session: Session) -> None:
    """Raises SearchUnsupported, with advice, where the database has no search. To be called at start."""
    if not _backend(session).is_supported(session):
        raise SearchUnsupported("a database without full-text search")


def replace_episode(
    session: Session, episode_id: uuid.UUID, language: str, texts: Iterable[IndexedText]
) -> None:
    """Make these texts, and no others, what is found of the episode. Texts that stay are not touched.

    `language` is a BCP 47 tag ("en", "cy-GB"); where it has no stemmer, words are found as they stand.
    The old words cannot be found from here on; `erase` also takes them off the disk.
    """
    storing.replace_episode(session, episode_id, language, texts, _backend(session).insert)


def indexed_episodes() -> sa.Select[uuid.UUID]:
    """The ids of all episodes that are in the index."""
    return sa.select(search_episodes.c.episode_id)


def sentences_of(session: Session, episode_id: uuid.UUID) -> int:
    """How many sentences of the episode are in the index."""
    ordinal = sa.select(search_episodes.c.ordinal).where(search_episodes.c.episode_id == episode_id)
    own = of_episode(search_texts.c.id, ordinal.scalar_subquery())
    counted = sa.select(sa.func.count()).select_from(search_texts)
    return session.scalars(counted.where(own, search_texts.c.kind == "sentence")).one()


def remove_episode(session: Session, episode_id: uuid.UUID) -> None:
    """Take the episode out of the index and its words off the index's pages, in this transaction."""
    _backend(session).remove_episode(session, episode_id)


def erase(session: Session) -> None:
    """Take words that were replaced off the index's pages. Costs next to nothing if there are none."""
    _backend(session).erase(session)


def restem(session: Session) -> int:
    """Stem again what was indexed by older rules or an older stemmer; the number of such episodes.

    To be called after an upgrade: until then a word may miss forms of itself in old episodes.
    """
    return storing.restem(session, _backend(session).insert)


def search(
    session: Session,
    query: Query,
    *,
    visible: sa.Select[uuid.UUID],
    community_id: uuid.UUID | None = None,
    show_id: uuid.UUID | None = None,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Results:
    """The hits in the episodes of `visible` (a SELECT of episode ids), of a community or show if given.

    A page that is not there is the nearest that is. Up to 2,000 hits are ranked: titles, then summaries,
    notes and speech, the best first, equals newest first; of more the newest are shown.
    """
    visible = _narrowed(visible, community_id, show_id)
    per_page = min(max(per_page, 1), MAX_PER_PAGE)
    index = _backend(session).INDEX
    with SEARCH_SECONDS.time():
        return asking.search(index, session, query, visible=visible, page=max(page, 1), per_page=per_page)


def suggest(
    session: Session,
    query: Query,
    *,
    visible: sa.Select[uuid.UUID],
    community_id: uuid.UUID | None = None,
    show_id: uuid.UUID | None = None,
) -> Query | None:
    """What was perhaps meant by a query that found nothing: words that these episodes have."""
    visible = _narrowed(visible, community_id, show_id)
    backend = _backend(session)
    return suggested(
        query,
        lambda shortest, longest: backend.vocabulary(session, shortest, longest),
        lambda other: asking.is_found(backend.INDEX, session, other, visible=visible),
    )


def _narrowed(
    visible: sa.Select[uuid.UUID], community_id: uuid.UUID | None, show_id: uuid.UUID | None
) -> sa.Select[uuid.UUID]:
    if community_id is None and show_id is None:
        return visible
    episodes = sa.table("episodes", sa.column("id", sa.Uuid()), sa.column("show_id", sa.Uuid())).alias("of")
    narrowed = sa.select(episodes.c.id).where(episodes.c.id.in_(visible))
    if show_id is not None:
        narrowed = narrowed.where(episodes.c.show_id == show_id)
    if community_id is not None:
        shows = sa.table("shows", sa.column("id", sa.Uuid()), sa.column("community_id", sa.Uuid()))
        owned = sa.select(shows.c.id).where(shows.c.community_id == community_id)
        narrowed = narrowed.where(episodes.c.show_id.in_(owned))
    return narrowed


_BACKENDS: dict[str, Backend] = {"sqlite": sqlite, "postgresql": postgres}


def _backend(session: Session) -> Backend:
    name = session.get_bind().dialect.name
    if name not in _BACKENDS:
        raise SearchUnsupported(name)
    return _BACKENDS[name]
