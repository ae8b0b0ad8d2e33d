"""The search index's tables on PostgreSQL, as statements for a migration.

Each text stands with its `tsvector`, which we make ourselves: no dictionary of the server's, no stop
words, so that the same stems are found as on SQLite. Marked stems ("nurs·en") have positions, for
phrases; unstemmed words have the sign in front ("·nursing") and none, for beginnings.

`search_vocabulary` says in how many texts each unstemmed word is. Triggers keep it in step, one writer at
a time: two that met in the same words in other order would wait for each other for ever.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.search.tables import search_texts

TABLES = ("search_episodes", "search_texts", "search_vocabulary")

_CHANGE_VOCABULARY = """
    CREATE FUNCTION search_texts_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('hearth search vocabulary'));
        INSERT INTO search_vocabulary AS known (term, texts)
            SELECT substr(lexeme, 2), {sign} count(*)
            FROM changed, unnest(tsvector_to_array(changed.vector)) AS lexeme
            WHERE left(lexeme, 1) = '·'
            GROUP BY lexeme
            ON CONFLICT (term) DO UPDATE SET texts = known.texts + excluded.texts;
        {after}
        RETURN NULL;
    END
    $$
"""

CREATE_STATEMENTS = (
    """
    CREATE TABLE search_episodes (
        ordinal BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        episode_id UUID NOT NULL UNIQUE REFERENCES episodes (id) ON DELETE CASCADE,
        language VARCHAR(20) NOT NULL,
        rules VARCHAR(20) NOT NULL
    )
    """,
    "CREATE INDEX ix_search_episodes_language ON search_episodes (language)",
    """
    CREATE TABLE search_texts (
        id BIGINT PRIMARY KEY,
        kind VARCHAR(10) NOT NULL,
        position INTEGER NOT NULL,
        start_ms INTEGER,
        end_ms INTEGER,
        text TEXT NOT NULL,
        vector TSVECTOR NOT NULL
    )
    """,
    # without fastupdate a new text is found at once, and what is deleted does not wait in a list
    "CREATE INDEX ix_search_texts_vector ON search_texts USING gin (vector) WITH (fastupdate = off)",
    # C: words in every script compare by their letters alone, on every server alike
    """
    CREATE TABLE search_vocabulary (
        term TEXT COLLATE "C" PRIMARY KEY,
        texts BIGINT NOT NULL
    )
    """,
    "CREATE INDEX ix_search_vocabulary_length ON search_vocabulary (length(term))",
    _CHANGE_VOCABULARY.format(name="added", sign="", after=""),
    _CHANGE_VOCABULARY.format(
        name="removed", sign="-", after="DELETE FROM search_vocabulary WHERE texts <= 0;"
    ),
    """
    CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION search_texts_added()
    """,
    """
    CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION search_texts_removed()
    """,
    # 20 is app.search.tables.PLACE_BITS
    """
    CREATE FUNCTION search_episodes_removed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM search_texts WHERE id >= old.ordinal << 20 AND id < (old.ordinal + 1) << 20;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER search_episodes_removed AFTER DELETE ON search_episodes
    FOR EACH ROW EXECUTE FUNCTION search_episodes_removed()
    """,
)

DROP_STATEMENTS = (
    "DROP TABLE IF EXISTS search_texts",
    "DROP TABLE IF EXISTS search_vocabulary",
    "DROP TABLE IF EXISTS search_episodes",
    "DROP FUNCTION IF EXISTS search_texts_added, search_texts_removed, search_episodes_removed",
)

#: `search_texts` with what PostgreSQL looks for.
indexed_texts = sa.table(
    "search_texts",
    *(sa.column(column.name, column.type) for column in search_texts.c),
    sa.column("vector", TSVECTOR()),
)
search_vocabulary = sa.table(
    "search_vocabulary", sa.column("term", sa.String()), sa.column("texts", sa.BigInteger())
)
