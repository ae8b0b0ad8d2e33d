"""Words that were taken back are not in the database's files either."""

import pytest
import sqlalchemy as sa

from app.db import sqlite_path
from app.search import index
from app.search.hits import IndexedText
from tests.search.library import Library, make_text, make_texts

SECRET: list[str | IndexedText] = [
    "Canarybird wept.",
    make_text("notes", "Canarybird's day."),
]


@pytest.fixture
def full(sqlite_library: Library) -> Library:
    """A library that has seen some changes, so that its index is in several pieces."""
    library = sqlite_library
    for number in range(12):
        library.make_episode([f"Sentence {place} of {number}." for place in range(60)])
        library.session.commit()
    return library


def is_on_disk(library: Library, word: bytes) -> bool:
    """Whether the word is anywhere in the database's file or its log."""
    library.session.commit()
    with library.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")  # a log is not emptied inside of a transaction
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        connection.exec_driver_sql("BEGIN")
    assert not busy
    path = sqlite_path(library.database.url)
    files = [path, path.with_name(f"{path.name}-wal")]
    return any(word in file.read_bytes().lower() for file in files if file.exists())


def test_a_removed_episode_is_not_on_the_disk(full: Library) -> None:
    episode_id = full.make_episode(SECRET)
    full.session.commit()
    full.make_episode(["A canary is no canarybir."])
    assert is_on_disk(full, b"canarybird")

    index.remove_episode(full.session, episode_id)

    assert not is_on_disk(full, b"canarybird")
    assert full.found("canary") == {"A canary is no canarybir."}


def test_a_corrected_sentence_is_not_on_the_disk_after_erasing(full: Library) -> None:
    episode_id = full.make_episode(SECRET)
    full.session.commit()
    index.replace_episode(full.session, episode_id, "en", make_texts(["Somebody wept."]))
    full.session.commit()

    index.erase(full.session)

    assert not is_on_disk(full, b"canarybird")
    assert full.found("somebody") == {"Somebody wept."}


def test_a_deleted_episode_is_not_on_the_disk_after_erasing(full: Library) -> None:
    episode_id = full.make_episode(SECRET)
    full.session.commit()
    full.session.execute(sa.text("DELETE FROM episodes WHERE id = :id"), {"id": episode_id.hex})

    index.erase(full.session)

    assert not is_on_disk(full, b"canarybird")


def test_erasing_twice_changes_nothing(full: Library) -> None:
    pages = sa.text("SELECT id, block FROM search_index_data ORDER BY id")
    index.erase(full.session)
    before = full.session.execute(pages).all()

    index.erase(full.session)

    assert before == full.session.execute(pages).all()
