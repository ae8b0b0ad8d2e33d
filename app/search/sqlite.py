"""The search index on SQLite, by FTS5. Called by `app.search.index` only; commits nothing.

A text is in the index by its readings: their stems one after the other in the column `stems`, parted by
a sign that no stem has, and its unstemmed words in `words`, for beginnings.
"""

import uuid
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search.folding import base_language
from app.search.hits import IndexedText
from app.search.readings import RULES, readings
from app.search.sqlite_hits import is_found, search, vocabulary
from app.search.sqlite_schema import PLACE_BITS, first_id, marked_stem, search_episodes, search_texts

__all__ = [
    "erase",
    "is_found",
    "is_supported",
    "remove_episode",
    "replace_episode",
    "restem",
    "search",
    "vocabulary",
]

#: Between the readings of a text, so that no phrase runs over their border. Not ASCII: see the schema.
BORDER = "¶"

_RULES = f"{RULES} {version('snowballstemmer')}"


def is_supported(session: Session) -> bool:
    """Whether this SQLite was built with FTS5."""
    return session.scalar(sa.text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")) is not None


def replace_episode(
    session: Session, episode_id: uuid.UUID, language: str, texts: Iterable[IndexedText]
) -> None:
    """These texts and no others are the episode's; rows that stay the same are not written."""
    language = base_language(language)
    first = first_id(_ordinal(session, episode_id, language))
    new = {row["id"]: row for row in _rows(first, language, texts)}
    old = {row["id"]: dict(row) for row in _stored(session, first)}
    gone = [{"gone": place} for place, row in old.items() if new.get(place) != row]
    added = [row for place, row in new.items() if old.get(place) != row]
    if gone:
        session.execute(sa.delete(search_texts).where(search_texts.c.id == sa.bindparam("gone")), gone)
    if added:
        session.execute(sa.insert(search_texts), added)


def remove_episode(session: Session, episode_id: uuid.UUID) -> None:
    """Nothing of the episode is left in the index, nor in its pages once this is committed."""
    session.execute(sa.delete(search_episodes).where(search_episodes.c.episode_id == episode_id))
    erase(session)


def erase(session: Session) -> None:
    """Merge the index into one piece: until then FTS5 keeps deleted words and a note that they are.

    With PRAGMA secure_delete, which SQLite's pages need as well, this leaves nothing. FTS5's own
    secure-delete option would, too, but only from SQLite 3.42 on. No work where nothing has changed.
    """
    session.execute(sa.text("PRAGMA secure_delete = ON"))
    session.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('optimize')"))


def restem(session: Session) -> int:
    """Index again every episode whose stems were made by other rules than today's."""
    old = session.execute(
        sa.select(search_episodes.c.episode_id, search_episodes.c.language, search_episodes.c.ordinal).where(
            search_episodes.c.rules != _RULES
        )
    ).all()
    for episode_id, language, ordinal in old:
        stored = _stored(session, first_id(ordinal))
        texts = [
            IndexedText(row["kind"], row["position"], row["start_ms"], row["end_ms"], row["text"])
            for row in stored
        ]
        replace_episode(session, episode_id, language, texts)
    return len(old)


def _ordinal(session: Session, episode_id: uuid.UUID, language: str) -> int:
    """The episode's row, made or brought up to date."""
    facts = {"language": language, "rules": _RULES}
    known = search_episodes.c.episode_id == episode_id
    row = session.execute(sa.select(search_episodes).where(known)).mappings().one_or_none()
    if row is None:
        session.execute(sa.insert(search_episodes).values(episode_id=episode_id, **facts))
        return _ordinal(session, episode_id, language)
    if any(row[name] != fact for name, fact in facts.items()):
        session.execute(sa.update(search_episodes).where(known).values(**facts))
    ordinal: int = row["ordinal"]
    return ordinal


def _stored(session: Session, first: int) -> Sequence[sa.RowMapping]:
    own = search_texts.c.id.between(first, first + (1 << PLACE_BITS) - 1)
    return session.execute(sa.select(search_texts).where(own).order_by(search_texts.c.id)).mappings().all()


def _rows(first: int, language: str, texts: Iterable[IndexedText]) -> Iterable[dict[str, Any]]:
    for place, text in enumerate(texts):
        ways = readings(text.text, language)
        yield {
            "id": first + place,
            "kind": text.kind,
            "position": text.position,
            "start_ms": text.start_ms,
            "end_ms": text.end_ms,
            "text": text.text,
            "stems": f" {BORDER} ".join(
                " ".join(marked_stem(token.stem, language) for token in way) for way in ways
            ),
            "words": " ".join(sorted({token.word for way in ways for token in way})),
        }
