"""The search index on PostgreSQL, by `tsvector` and GIN. Called by `app.search.index` only; commits nothing.

Vectors and queries are written by us and only read by the server: its own dictionaries, which drop and
change words, are never asked.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Session

from app.search import asking
from app.search.hits import IndexedText
from app.search.postgres_schema import indexed_texts, search_vocabulary
from app.search.readings import readings
from app.search.tables import marked_stem, search_episodes

#: PostgreSQL keeps no position above this (manual, tsvector's limits): words beyond it make no phrase.
_LAST_POSITION = 16_383
#: More letters of one text than this have no room in a vector (1 MiB).
_MOST_LETTERS = 200_000

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "id": sa.BigInteger(),
    "kind": sa.Text(),
    "position": sa.Integer(),
    "start_ms": sa.Integer(),
    "end_ms": sa.Integer(),
    "text": sa.Text(),
    "vector": sa.Text(),
}


def is_supported(session: Session) -> bool:
    """Whether the migration that brings search here has been run."""
    return session.scalar(sa.text("SELECT to_regclass('search_vocabulary')")) is not None


def remove_episode(session: Session, episode_id: uuid.UUID) -> None:
    """Nothing of the episode can be found, or is in the vocabulary, once this is committed."""
    session.execute(sa.delete(search_episodes).where(search_episodes.c.episode_id == episode_id))


def erase(_session: Session) -> None:
    """Nothing to do within a transaction: the server's VACUUM takes deleted rows off its pages."""


def vocabulary(session: Session, shortest: int, longest: int) -> list[tuple[str, int]]:
    """Unstemmed words of so many letters, of all episodes, and in how many texts each is."""
    table = search_vocabulary.c
    statement = sa.select(table.term, table.texts).where(
        sa.func.length(table.term).between(shortest, longest)
    )
    return [(term, number) for term, number in session.execute(statement)]


def insert(session: Session, texts: dict[int, IndexedText], language: str) -> None:
    """Put these texts into the index by their ids. One statement: the vocabulary is changed once."""
    given = {
        "id": list(texts),
        "kind": [text.kind for text in texts.values()],
        "position": [text.position for text in texts.values()],
        "start_ms": [text.start_ms for text in texts.values()],
        "end_ms": [text.end_ms for text in texts.values()],
        # PostgreSQL keeps no NUL
        "text": [text.text.replace("\0", "") for text in texts.values()],
        "vector": [_vector(text.text, language) for text in texts.values()],
    }
    parameters = (sa.bindparam(name, given[name], type_=ARRAY(kind)) for name, kind in _COLUMNS.items())
    columns = (sa.column(name, kind) for name, kind in _COLUMNS.items())
    rows = sa.func.unnest(*parameters).table_valued(*columns, name="given").render_derived()
    chosen = [*list(rows.c)[:-1], sa.cast(rows.c.vector, TSVECTOR())]
    session.execute(sa.insert(indexed_texts).from_select(list(_COLUMNS), sa.select(*chosen)))


def _vector(text: str, language: str) -> str:
    """The text's lexemes in the way that PostgreSQL reads a tsvector."""
    lexemes: list[str] = []
    words: dict[str, None] = {}
    position = 0
    for way in readings(text[:_MOST_LETTERS], language):
        for token in way:
            position += 1
            words[token.word] = None
            lexemes.append(f"{_quoted(marked_stem(token.stem, language))}:{min(position, _LAST_POSITION)}")
        position += 1  # no phrase runs over the border of two readings
    lexemes.extend(_quoted(f"·{word}") for word in words)
    return " ".join(lexemes)


def _row(stems: Sequence[str]) -> str:
    return f"({' <-> '.join(map(_quoted, stems))})"


def _beginning(word: str) -> str:
    return f"{_quoted(f'·{word}')}:*"


def _among(places: Sequence[int]) -> sa.ColumnElement[bool]:
    """As one parameter: two thousand of them would take longer to write and to read than to look up."""
    given = sa.bindparam("places", places, type_=ARRAY(sa.BigInteger()))
    return indexed_texts.c.id == sa.any_(given)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


_EXPRESSION = "CAST(:expression AS tsquery)"
#: Every occurrence weighs the same; a rank says how often, not in how long a text.
_RANK = f"-round(ts_rank('{{1,1,1,1}}', search_texts.vector, {_EXPRESSION})::numeric, 2)"

INDEX = asking.Index(
    table=indexed_texts,
    place=indexed_texts.c.id,
    matches=sa.text(f"search_texts.vector @@ {_EXPRESSION}"),
    # as a function: for the operator the server would walk through the whole index once an episode
    matches_there=sa.text(f"ts_match_vq(search_texts.vector, {_EXPRESSION})"),
    among=_among,
    rank=sa.text(_RANK),
    row=_row,
    beginning=_beginning,
    both=" & ",
    either=" | ",
    without=" & !",
)
