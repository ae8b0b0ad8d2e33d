"""Searching the index on SQLite. Called by `app.search.index` only.

Every term is a quoted FTS5 string and the whole expression a bound parameter: nothing that a person
types is ever syntax. What a common word costs is bounded: FTS5 gives its matches one by one, in the
order of their ids, so counting stops at the limit, and the newest are found by asking the newest
episodes in turn.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search.hits import KINDS, Hit, Results
from app.search.marking import mark
from app.search.needles import needle
from app.search.query import Query, Term
from app.search.sqlite_schema import (
    PLACE_BITS,
    episodes,
    marked_stem,
    search_episodes,
    search_index,
    search_texts,
    search_vocabulary,
)

Visible = sa.Select[uuid.UUID]

#: More hits are not ranked (house, decision 14).
MAX_COUNTED = 2_000

_MATCH = sa.text("search_index MATCH :expression")


def search(
    session: Session,
    query: Query,
    *,
    visible: Visible,
    page: int,
    per_page: int,
) -> Results:
    """One page of hits in episodes of `visible`."""
    expression = _expression(query, _languages(session))
    if not expression:
        return Results(0, more_than=False, hits=(), page=1, pages=1)
    total = _count(session, expression, visible)
    count = min(total, MAX_COUNTED)
    pages = max(-(-count // per_page), 1)
    page = min(page, pages)
    choose = _newest if total > MAX_COUNTED else _best
    ids = choose(session, expression, visible, (page - 1) * per_page, min(page * per_page, count))
    hits = _hits(session, ids, query)
    return Results(count, more_than=total > MAX_COUNTED, hits=hits, page=page, pages=pages)


def is_found(session: Session, query: Query, *, visible: Visible) -> bool:
    """Whether there is any hit in episodes of `visible`."""
    expression = _expression(query, _languages(session))
    if not expression:
        return False
    found = sa.select(sa.literal(1)).select_from(_index_with_episodes())
    found = found.where(_MATCH, episodes.c.id.in_(visible)).limit(1)
    return session.scalar(found, {"expression": expression}) is not None


def vocabulary(session: Session, shortest: int, longest: int) -> list[tuple[str, int]]:
    """Unstemmed words of so many letters, of all episodes, and in how many texts each is."""
    table = search_vocabulary.c
    statement = sa.select(table.term, table.doc).where(
        table.col == "words", sa.func.length(table.term).between(shortest, longest)
    )
    return [(term, number) for term, number in session.execute(statement)]


def _count(session: Session, expression: str, visible: Visible) -> int:
    """How many texts match, counted no further than one over the limit."""
    found = (
        sa.select(sa.literal(1))
        .select_from(_index_with_episodes())
        .where(_MATCH, episodes.c.id.in_(visible))
        .limit(MAX_COUNTED + 1)
        .subquery()
    )
    statement = sa.select(sa.func.count()).select_from(found)
    return session.scalars(statement, {"expression": expression}).one()


def _newest(session: Session, expression: str, visible: Visible, start: int, stop: int) -> list[int]:
    """Ids of the hits from `start` to `stop`: newest episode first, within it as they were said."""
    ids: list[int] = []
    end = 0
    for ordinal, number in _newest_episodes(session, expression, visible):
        begin, end = end, end + number
        if start < end:
            statement = (
                sa.select(search_index.c.rowid)
                .where(_MATCH, _of_episode(search_index.c.rowid, sa.literal(ordinal)))
                .order_by(search_index.c.rowid)
                .offset(max(start - begin, 0))
                .limit(stop - max(start, begin))
            )
            ids.extend(session.scalars(statement, {"expression": expression}))
        if stop <= end:
            break
    return ids


def _newest_episodes(session: Session, expression: str, visible: Visible) -> Iterator[tuple[int, int]]:
    """(ordinal, number of hits) of visible episodes, newest first, asked for in growing portions."""
    offset, limit = 0, 8
    while True:
        newest = (
            sa.select(search_episodes.c.ordinal, episodes.c.published_at, episodes.c.id)
            .join(episodes, episodes.c.id == search_episodes.c.episode_id)
            .where(episodes.c.id.in_(visible))
            .order_by(episodes.c.published_at.desc(), episodes.c.id)
            .offset(offset)
            .limit(limit)
            .subquery()
        )
        number = (
            sa.select(sa.func.count())
            .select_from(search_index)
            .where(_MATCH, _of_episode(search_index.c.rowid, newest.c.ordinal))
            .correlate(newest)
            .scalar_subquery()
        )
        statement = sa.select(newest.c.ordinal, number).order_by(newest.c.published_at.desc(), newest.c.id)
        rows = session.execute(statement, {"expression": expression}).all()
        yield from ((row[0], row[1]) for row in rows)
        if len(rows) < limit:
            return
        offset, limit = offset + limit, limit * 4


def _best(session: Session, expression: str, visible: Visible, start: int, stop: int) -> list[int]:
    """Ids of the hits from `start` to `stop`: by kind, then rank, then newest."""
    kind = sa.case({kind: rank for rank, kind in enumerate(KINDS)}, value=search_texts.c.kind)
    # Differences beyond the first decimal are differences of length only; there the newest is better.
    rank = sa.func.round(sa.func.bm25(sa.literal_column("search_index")), 1)
    statement = (
        sa.select(search_index.c.rowid)
        .select_from(_index_with_episodes().join(search_texts, search_texts.c.id == search_index.c.rowid))
        .where(_MATCH, episodes.c.id.in_(visible))
        .order_by(kind, rank, episodes.c.published_at.desc(), episodes.c.id, search_index.c.rowid)
        .offset(start)
        .limit(stop - start)
    )
    return list(session.scalars(statement, {"expression": expression}))


def _index_with_episodes() -> sa.Join:
    ordinal = search_index.c.rowid.bitwise_rshift(PLACE_BITS)
    return search_index.join(search_episodes, search_episodes.c.ordinal == ordinal).join(
        episodes, episodes.c.id == search_episodes.c.episode_id
    )


def _of_episode(place: sa.ColumnElement[int], ordinal: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a text's id is one of the episode's; FTS5 seeks to such a range."""
    first = ordinal.bitwise_lshift(PLACE_BITS)
    return place.between(first, first + (1 << PLACE_BITS) - 1)


def _hits(session: Session, ids: Sequence[int], query: Query) -> tuple[Hit, ...]:
    statement = (
        sa.select(search_texts, search_episodes.c.episode_id, search_episodes.c.language)
        .join(search_episodes, search_episodes.c.ordinal == search_texts.c.id.bitwise_rshift(PLACE_BITS))
        .where(search_texts.c.id.in_(ids))
    )
    rows = {row.id: row for row in session.execute(statement)}
    return tuple(_hit(rows[place], query) for place in ids)


def _hit(row: Any, query: Query) -> Hit:
    return Hit(
        episode_id=row.episode_id,
        kind=row.kind,
        position=row.position,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        marked=mark(row.text, row.language, query),
    )


def _expression(query: Query, languages: Sequence[str]) -> str:
    """All of the wanted, none of the unwanted, in FTS5's language; empty where nothing can match."""
    wanted = [_any_of(term, languages) for term in query.wanted]
    unwanted = list(filter(None, (_any_of(term, languages) for term in query.unwanted)))
    if not wanted or not all(wanted):
        return ""
    expression = " AND ".join(wanted)
    return f"({expression}) NOT ({' OR '.join(unwanted)})" if unwanted else expression


def _any_of(term: Term, languages: Sequence[str]) -> str:
    alternatives: dict[str, None] = {}
    for language in languages:
        wanted = needle(term, language)
        rows = (" ".join(marked_stem(stem, language) for stem in row) for row in wanted.rows)
        alternatives.update(dict.fromkeys(f"stems : {_quoted(row)}" for row in rows))
        alternatives.update(dict.fromkeys(f"words : {_quoted(word)} *" for word in wanted.beginnings))
    return f"({' OR '.join(alternatives)})" if alternatives else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _languages(session: Session) -> list[str]:
    """The languages in the index, each found by one step through its index."""
    statement = sa.text(
        "WITH RECURSIVE found (language) AS ("
        " SELECT min(language) FROM search_episodes UNION ALL"
        " SELECT (SELECT min(language) FROM search_episodes WHERE language > found.language)"
        " FROM found WHERE found.language IS NOT NULL"
        ") SELECT language FROM found WHERE language IS NOT NULL"
    )
    return list(session.scalars(statement))
