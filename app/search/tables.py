"""The tables of the search index that both databases have.

The id of a text is its episode's ordinal and its place in the episode, so that an index can say which
episodes a word is in, and look into one episode, without reading another table. A stem stands in the
index with the language that made it ("nurs·en"), for the same letters are another word's stem in another
language.
"""

import sqlalchemy as sa

#: The low bits of a text's id are its place in its episode, the others the episode's ordinal.
PLACE_BITS = 20

episodes = sa.table("episodes", sa.column("id", sa.Uuid()), sa.column("published_at", sa.DateTime())).alias(
    "seen"
)
search_episodes = sa.table(
    "search_episodes",
    sa.column("ordinal", sa.BigInteger()),
    sa.column("episode_id", sa.Uuid()),
    sa.column("language", sa.String()),
    sa.column("rules", sa.String()),
)
search_texts = sa.table(
    "search_texts",
    sa.column("id", sa.BigInteger()),
    sa.column("kind", sa.String()),
    sa.column("position", sa.Integer()),
    sa.column("start_ms", sa.Integer()),
    sa.column("end_ms", sa.Integer()),
    sa.column("text", sa.String()),
)


def marked_stem(stem: str, language: str) -> str:
    """The stem as it stands in the index. No word has the sign between."""
    return f"{stem}·{language}"


def first_id(ordinal: int) -> int:
    """The id of an episode's first text; the first of the next ordinal is past its last."""
    return ordinal << PLACE_BITS


def of_episode(place: sa.ColumnElement[int], ordinal: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a text's id is one of the episode's: a range, to which an index can go at once."""
    first = sa.cast(ordinal, sa.BigInteger()).bitwise_lshift(sa.literal_column(str(PLACE_BITS)))
    return place.between(first, first + sa.literal_column(str((1 << PLACE_BITS) - 1)))
