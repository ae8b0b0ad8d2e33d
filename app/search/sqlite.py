"""The search index on SQLite, by FTS5. Called by `app.search.index` only; commits nothing.

A text is in the index by its readings: their stems one after the other in the column `stems`, parted by
a sign that no stem has, and its unstemmed words in `words`, for beginnings.
"""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search import asking
from app.search.hits import IndexedText
from app.search.readings import readings
from app.search.sqlite_schema import indexed_texts, search_index, search_vocabulary
from app.search.tables import marked_stem, search_episodes

#: Between the readings of a text, so that no phrase runs over their border. Not ASCII: see the schema.
BORDER = "¶"


def is_supported(session: Session) -> bool:
    """Whether this SQLite was built with FTS5."""
    return session.scalar(sa.text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")) is not None


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


def vocabulary(session: Session, shortest: int, longest: int) -> list[tuple[str, int]]:
    """Unstemmed words of so many letters, of all episodes, and in how many texts each is."""
    table = search_vocabulary.c
    statement = sa.select(table.term, table.doc).where(
        table.col == "words", sa.func.length(table.term).between(shortest, longest)
    )
    return [(term, number) for term, number in session.execute(statement)]


def insert(session: Session, texts: dict[int, IndexedText], language: str) -> None:
    """Put these texts into the index by their ids."""
    rows = []
    for place, text in texts.items():
        ways = readings(text.text, language)
        stems = (" ".join(marked_stem(token.stem, language) for token in way) for way in ways)
        rows.append(
            {
                "id": place,
                "kind": text.kind,
                "position": text.position,
                "start_ms": text.start_ms,
                "end_ms": text.end_ms,
                "text": text.text,
                "stems": f" {BORDER} ".join(stems),
                "words": " ".join(sorted({token.word for way in ways for token in way})),
            }
        )
    session.execute(sa.insert(indexed_texts), rows)


def _row(stems: Sequence[str]) -> str:
    return f"stems : {_quoted(' '.join(stems))}"


def _beginning(word: str) -> str:
    return f"words : {_quoted(word)} *"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


_MATCHES = sa.text("search_index MATCH :expression")

#: Every term is a quoted FTS5 string. FTS5 gives its matches one by one, in the order of their ids.
INDEX = asking.Index(
    table=search_index,
    place=search_index.c.rowid,
    matches=_MATCHES,
    matches_there=_MATCHES,
    among=None,
    # Differences beyond the first decimal are differences of length only; there the newest is better.
    rank=sa.func.round(sa.func.bm25(sa.literal_column("search_index")), 1),
    row=_row,
    beginning=_beginning,
    both=" AND ",
    either=" OR ",
    without=" NOT ",
)
