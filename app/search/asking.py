"""Searching the index, the same on every database. Called by its backends only.

What a common word costs is bounded: counting stops at the limit, and of more hits the newest are found
by asking the newest episodes in turn.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search.hits import KINDS, Hit, Results
from app.search.marking import mark
from app.search.needles import needle
from app.search.query import Query, Term
from app.search.tables import PLACE_BITS, episodes, marked_stem, of_episode, search_episodes, search_texts

Visible = sa.Select[uuid.UUID]

#: More hits are not ranked (house, decision 14).
MAX_COUNTED = 2_000

_LANGUAGES = sa.text(
    "WITH RECURSIVE found (language) AS ("
    " SELECT min(language) FROM search_episodes UNION ALL"
    " SELECT (SELECT min(language) FROM search_episodes WHERE language > found.language)"
    " FROM found WHERE found.language IS NOT NULL"
    ") SELECT language FROM found WHERE language IS NOT NULL"
)


@dataclass(frozen=True)
class Index:
    """How one database's index is asked.

    `row`, `beginning`, `both`, `either` and `without` write its query language. What a person typed
    reaches it quoted, in one bound parameter: nothing that they type is ever syntax.
    """

    table: sa.FromClause
    place: sa.ColumnElement[int]
    #: With the parameter `expression`.
    matches: sa.TextClause
    #: The same of a text that is reached by its id: the index is not walked through for it.
    matches_there: sa.TextClause
    #: Chooses texts by their ids, to be ranked where they stand; None where only a walk through the index
    #: ranks them.
    among: Callable[[Sequence[int]], sa.ColumnElement[bool]] | None
    #: The best is the least.
    rank: sa.ColumnElement[Any] | sa.TextClause
    row: Callable[[Sequence[str]], str]
    beginning: Callable[[str], str]
    both: str
    either: str
    without: str


def search(
    index: Index, session: Session, query: Query, *, visible: Visible, page: int, per_page: int
) -> Results:
    """One page of hits in episodes of `visible`."""
    expression = _expression(index, query, _languages(session))
    if not expression:
        return Results(0, more_than=False, hits=(), page=1, pages=1)
    asked = _Asked(index, session, expression, visible)
    found = asked.some(MAX_COUNTED + 1)
    more_than = len(found) > MAX_COUNTED
    count = min(len(found), MAX_COUNTED)
    pages = max(-(-count // per_page), 1)
    page = min(page, pages)
    start, stop = (page - 1) * per_page, min(page * per_page, count)
    ids = asked.newest(start, stop) if more_than else asked.best(found, start, stop)
    hits = _hits(session, ids, query)
    return Results(count, more_than=more_than, hits=hits, page=page, pages=pages)


def is_found(index: Index, session: Session, query: Query, *, visible: Visible) -> bool:
    """Whether there is any hit in episodes of `visible`."""
    expression = _expression(index, query, _languages(session))
    return bool(expression) and _Asked(index, session, expression, visible).some(1) != []


class _Asked:
    """One query to one index, of what one person may see."""

    def __init__(self, index: Index, session: Session, expression: str, visible: Visible) -> None:
        self._index = index
        self._session = session
        self._given = {"expression": expression}
        self._visible = visible

    def some(self, most: int) -> list[int]:
        """Ids of texts that match, no more than `most`."""
        return list(self._session.scalars(self._found(self._index.place).limit(most), self._given))

    def best(self, found: Sequence[int], start: int, stop: int) -> list[int]:
        """Of all that were found, the ids from `start` to `stop`: by kind, then rank, then newest."""
        place, among = self._index.place, self._index.among
        if among is not None:
            kinds, asked = self._index.table.c.kind, self._seen(place).where(among(found))
        else:
            texts = search_texts.alias("found")
            kinds, asked = texts.c.kind, self._found(place, texts)
        kind = sa.case({name: rank for rank, name in enumerate(KINDS)}, value=kinds)
        statement = (
            asked.order_by(kind, self._index.rank, episodes.c.published_at.desc(), episodes.c.id, place)
            .offset(start)
            .limit(stop - start)
        )
        return list(self._session.scalars(statement, self._given))

    def newest(self, start: int, stop: int) -> list[int]:
        """Ids of the hits from `start` to `stop`: newest episode first, within it as they were said."""
        ids: list[int] = []
        end = 0
        for ordinal, number in self._newest_episodes():
            begin, end = end, end + number
            if start < end:
                statement = (
                    sa.select(self._index.place)
                    .where(self._index.matches_there, of_episode(self._index.place, sa.literal(ordinal)))
                    .order_by(self._index.place)
                    .offset(max(start - begin, 0))
                    .limit(stop - max(start, begin))
                )
                ids.extend(self._session.scalars(statement, self._given))
            if stop <= end:
                break
        return ids

    def _newest_episodes(self) -> Iterator[tuple[int, int]]:
        """(ordinal, number of hits) of visible episodes, newest first, asked for in growing portions."""
        offset, limit = 0, 8
        while True:
            newest = (
                sa.select(search_episodes.c.ordinal, episodes.c.published_at, episodes.c.id)
                .join(episodes, episodes.c.id == search_episodes.c.episode_id)
                .where(episodes.c.id.in_(self._visible))
                .order_by(episodes.c.published_at.desc(), episodes.c.id)
                .offset(offset)
                .limit(limit)
                .subquery()
            )
            number = (
                sa.select(sa.func.count())
                .select_from(self._index.table)
                .where(self._index.matches_there, of_episode(self._index.place, newest.c.ordinal))
                .correlate(newest)
                .scalar_subquery()
            )
            statement = sa.select(newest.c.ordinal, number).order_by(
                newest.c.published_at.desc(), newest.c.id
            )
            rows = self._session.execute(statement, self._given).all()
            yield from ((row[0], row[1]) for row in rows)
            if len(rows) < limit:
                return
            offset, limit = offset + limit, limit * 4

    def _found(self, what: sa.ColumnElement[Any], texts: sa.FromClause | None = None) -> sa.Select[Any]:
        return self._seen(what, texts).where(self._index.matches)

    def _seen(self, what: sa.ColumnElement[Any], texts: sa.FromClause | None = None) -> sa.Select[Any]:
        """Of the texts that the reader may see."""
        place = self._index.place
        ordinal = place.bitwise_rshift(sa.literal_column(str(PLACE_BITS)))
        joined = self._index.table.join(search_episodes, search_episodes.c.ordinal == ordinal)
        joined = joined.join(episodes, episodes.c.id == search_episodes.c.episode_id)
        if texts is not None:
            joined = joined.join(texts, texts.c.id == place)
        return sa.select(what).select_from(joined).where(episodes.c.id.in_(self._visible))


def _hits(session: Session, ids: Sequence[int], query: Query) -> tuple[Hit, ...]:
    ordinal = search_texts.c.id.bitwise_rshift(sa.literal_column(str(PLACE_BITS)))
    statement = (
        sa.select(search_texts, search_episodes.c.episode_id, search_episodes.c.language)
        .select_from(search_texts.join(search_episodes, search_episodes.c.ordinal == ordinal))
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


def _expression(index: Index, query: Query, languages: Sequence[str]) -> str:
    """All of the wanted, none of the unwanted; empty where nothing can match."""
    wanted = [_any_of(index, term, languages) for term in query.wanted]
    unwanted = list(filter(None, (_any_of(index, term, languages) for term in query.unwanted)))
    if not wanted or not all(wanted):
        return ""
    expression = index.both.join(wanted)
    return f"({expression}){index.without}({index.either.join(unwanted)})" if unwanted else expression


def _any_of(index: Index, term: Term, languages: Sequence[str]) -> str:
    alternatives: dict[str, None] = {}
    for language in languages:
        wanted = needle(term, language)
        rows = ([marked_stem(stem, language) for stem in row] for row in wanted.rows)
        alternatives.update(dict.fromkeys(index.row(row) for row in rows))
        alternatives.update(dict.fromkeys(index.beginning(word) for word in wanted.beginnings))
    return f"({index.either.join(alternatives)})" if alternatives else ""


def _languages(session: Session) -> list[str]:
    """The languages in the index, each found by one step through its index."""
    return list(session.scalars(_LANGUAGES))
