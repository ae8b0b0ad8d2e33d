"""The search index's tables on SQLite, as statements for a migration.

`search_texts` holds each text with its stems; `search_index` is FTS5 over it and keeps nothing of its
own but the inverted index, in step by triggers. The stems are made by us, so FTS5's tokenizer only
splits at spaces: "ascii" leaves every letter beyond ASCII as it is. The rowid of a text is its id (see
`app.search.tables`).
"""

import sqlalchemy as sa

from app.search.tables import search_texts

TABLES = ("search_episodes", "search_texts", "search_index")

CREATE_STATEMENTS = (
    """
    CREATE TABLE search_episodes (
        ordinal INTEGER PRIMARY KEY,
        episode_id CHAR(32) NOT NULL UNIQUE REFERENCES episodes (id) ON DELETE CASCADE,
        language VARCHAR(20) NOT NULL,
        rules VARCHAR(20) NOT NULL
    )
    """,
    "CREATE INDEX ix_search_episodes_language ON search_episodes (language)",
    """
    CREATE TABLE search_texts (
        id INTEGER PRIMARY KEY,
        kind VARCHAR(10) NOT NULL,
        position INTEGER NOT NULL,
        start_ms INTEGER,
        end_ms INTEGER,
        text TEXT NOT NULL,
        stems TEXT NOT NULL,
        words TEXT NOT NULL
    )
    """,
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        stems, words, content = 'search_texts', content_rowid = 'id', tokenize = 'ascii', prefix = '2 3 4'
    )
    """,
    """
    CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN
        INSERT INTO search_index (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END
    """,
    """
    CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts BEGIN
        INSERT INTO search_index (search_index, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
    END
    """,
    """
    CREATE TRIGGER search_texts_changed AFTER UPDATE OF id, stems, words ON search_texts BEGIN
        INSERT INTO search_index (search_index, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
        INSERT INTO search_index (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END
    """,
    # 20 is app.search.tables.PLACE_BITS
    """
    CREATE TRIGGER search_episodes_removed AFTER DELETE ON search_episodes BEGIN
        DELETE FROM search_texts WHERE id >= old.ordinal << 20 AND id < (old.ordinal + 1) << 20;
    END
    """,
)

#: Every word of the index with the number of texts that have it (migration 0011).
CREATE_VOCABULARY = "CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab('search_index', 'col')"
DROP_VOCABULARY = "DROP TABLE IF EXISTS search_vocabulary"

#: Dropping a table that has a delete trigger fires none, and FTS5 drops its own tables.
DROP_STATEMENTS = (
    "DROP TABLE IF EXISTS search_index",
    "DROP TABLE IF EXISTS search_texts",
    "DROP TABLE IF EXISTS search_episodes",
)

#: `search_texts` with what FTS5 reads of it.
indexed_texts = sa.table(
    "search_texts",
    *(sa.column(column.name, column.type) for column in search_texts.c),
    sa.column("stems", sa.String()),
    sa.column("words", sa.String()),
)
search_index = sa.table("search_index", sa.column("rowid", sa.Integer()))
search_vocabulary = sa.table(
    "search_vocabulary",
    sa.column("term", sa.String()),
    sa.column("col", sa.String()),
    sa.column("doc", sa.Integer()),
)
