"""Texts of an episode into the index, alike on every database. For `app.search` only; commits nothing."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search.folding import base_language
from app.search.hits import IndexedText
from app.search.readings import RULES
from app.search.tables import PLACE_BITS, first_id, search_episodes, search_texts

#: Texts by their ids, into the index.
Insert = Callable[[Session, dict[int, IndexedText], str], None]

_RULES = f"{RULES} {version('snowballstemmer')}"
_AT_ONCE = 5_000


def replace_episode(
    session: Session, episode_id: uuid.UUID, language: str, texts: Iterable[IndexedText], insert: Insert
) -> None:
    """These texts and no others are the episode's; rows that stay the same are not written."""
    language = base_language(language)
    ordinal, is_fresh = _ordinal(session, episode_id, language)
    first = first_id(ordinal)
    new = {first + place: text for place, text in enumerate(texts)}
    old = _stored(session, first)
    gone = [place for place, text in old.items() if not is_fresh or new.get(place) != text]
    added = {place: text for place, text in new.items() if not is_fresh or old.get(place) != text}
    for start in range(0, len(gone), _AT_ONCE):
        some = gone[start : start + _AT_ONCE]
        session.execute(sa.delete(search_texts).where(search_texts.c.id.in_(some)))
    places = list(added)
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        insert(session, {place: added[place] for place in some}, language)


def restem(session: Session, insert: Insert) -> int:
    """Index again every episode whose stems were made by other rules than today's; how many."""
    old = session.execute(
        sa.select(search_episodes.c.episode_id, search_episodes.c.language, search_episodes.c.ordinal).where(
            search_episodes.c.rules != _RULES
        )
    ).all()
    for episode_id, language, ordinal in old:
        replace_episode(session, episode_id, language, _stored(session, first_id(ordinal)).values(), insert)
    return len(old)


def _ordinal(session: Session, episode_id: uuid.UUID, language: str) -> tuple[int, bool]:
    """The episode's number, and whether what is stored was made by today's rules in this language."""
    facts = {"language": language, "rules": _RULES}
    known = search_episodes.c.episode_id == episode_id
    row = session.execute(sa.select(search_episodes).where(known)).mappings().one_or_none()
    if row is None:
        session.execute(sa.insert(search_episodes).values(episode_id=episode_id, **facts))
        return _ordinal(session, episode_id, language)
    is_fresh = all(row[name] == fact for name, fact in facts.items())
    if not is_fresh:
        session.execute(sa.update(search_episodes).where(known).values(**facts))
    return row["ordinal"], is_fresh


def _stored(session: Session, first: int) -> dict[int, IndexedText]:
    own = search_texts.c.id.between(first, first + (1 << PLACE_BITS) - 1)
    rows: Sequence[sa.RowMapping] = (
        session.execute(sa.select(search_texts).where(own).order_by(search_texts.c.id)).mappings().all()
    )
    return {
        row["id"]: IndexedText(row["kind"], row["position"], row["start_ms"], row["end_ms"], row["text"])
        for row in rows
    }
