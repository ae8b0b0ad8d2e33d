"""A small library with a database of its own: as much of episodes and shows as search needs."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.search import index, postgres_schema, sqlite_schema
from app.search.hits import Hit, IndexedText, Results, TextKind
from app.search.query import parse

FIRST_DAY = datetime(2024, 1, 1)
EPISODES = sa.table(
    "episodes",
    sa.column("id", sa.Uuid()),
    sa.column("show_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("published_at", sa.DateTime()),
)
SHOWS = sa.table("shows", sa.column("id", sa.Uuid()), sa.column("community_id", sa.Uuid()))
PUBLISHED = sa.select(EPISODES.c.id).where(EPISODES.c.state == "published")


class Library:
    """Shows and episodes that can be searched, in a session that the test may commit."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.session: Session = self.database.session()
        self.is_sqlite = self.database.engine.dialect.name == "sqlite"
        create_tables(self.session)
        self.show = self.make_show(uuid.uuid4())

    def make_show(self, community_id: uuid.UUID) -> uuid.UUID:
        """A show of this community."""
        show_id = uuid.uuid4()
        self.session.execute(sa.insert(SHOWS).values(id=show_id, community_id=community_id))
        return show_id

    def make_episode(
        self,
        texts: Iterable[str | IndexedText],
        *,
        language: str = "en",
        state: str = "published",
        day: int = 0,
        show_id: uuid.UUID | None = None,
    ) -> uuid.UUID:
        """An episode of these sentences (or other texts), published on this day after the first."""
        episode_id = uuid.uuid4()
        published_at = FIRST_DAY + timedelta(days=day)
        self.session.execute(
            sa.insert(EPISODES).values(
                id=episode_id, show_id=show_id or self.show, state=state, published_at=published_at
            )
        )
        index.replace_episode(self.session, episode_id, language, make_texts(texts))
        return episode_id

    def set_state(self, episode_id: uuid.UUID, state: str) -> None:
        """Publish it or take it back, without telling the index."""
        known = EPISODES.c.id == episode_id
        self.session.execute(sa.update(EPISODES).where(known).values(state=state))

    def search(
        self,
        typed: str,
        *,
        visible: sa.Select[uuid.UUID] = PUBLISHED,
        community_id: uuid.UUID | None = None,
        show_id: uuid.UUID | None = None,
        page: int = 1,
        per_page: int = 100,
    ) -> Results:
        """What a reader gets who types this."""
        return index.search(
            self.session,
            parse(typed),
            visible=visible,
            community_id=community_id,
            show_id=show_id,
            page=page,
            per_page=per_page,
        )

    def found(self, typed: str) -> set[str]:
        """The texts of all hits."""
        return {hit.text for hit in self.search(typed).hits}

    def close(self) -> None:
        """Let go of the file."""
        self.session.close()
        self.database.dispose()


def create_tables(session: Session) -> None:
    """The index, and as much of shows and episodes as it needs."""
    if session.get_bind().dialect.name == "sqlite":
        ids, times = "CHAR(32)", "DATETIME"
        schema = (*sqlite_schema.CREATE_STATEMENTS, sqlite_schema.CREATE_VOCABULARY)
    else:
        ids, times = "UUID", "TIMESTAMP"
        schema = postgres_schema.CREATE_STATEMENTS
    for statement in (
        f"CREATE TABLE shows (id {ids} PRIMARY KEY, community_id {ids})",
        f"CREATE TABLE episodes (id {ids} PRIMARY KEY, show_id {ids}, state TEXT, published_at {times})",
        *schema,
    ):
        session.connection().exec_driver_sql(statement)


def make_text(kind: TextKind, text: str, position: int = 0) -> IndexedText:
    """A text without a time of its own."""
    return IndexedText(kind, position, None, None, text)


def make_texts(texts: Iterable[str | IndexedText]) -> Sequence[IndexedText]:
    """Bare strings are sentences of four seconds."""
    return [
        IndexedText("sentence", place, place * 5_000, place * 5_000 + 4_000, text)
        if isinstance(text, str)
        else text
        for place, text in enumerate(texts)
    ]


def marked_words(hit: Hit) -> list[str]:
    """The runs of the hit that are shown as found."""
    return [piece.text for piece in hit.marked if piece.is_match]
