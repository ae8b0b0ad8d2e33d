"""Every schema change from empty and on data, up and down, on both engines."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.db import Base, Database, make_engine
from app.migrate import DatabaseBusy, Patience, alembic_config, migrate
from app.models import Episode, EpisodeState
from tests.postgres import PostgresServer

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GUID = uuid.UUID("0b0e7f6a-3a52-4b6e-9d5c-6f0f5a3f9c11")


@contextmanager
def alembic(url: str) -> Iterator[tuple[Config, Connection]]:
    """Alembic on a connection of its own, committed at the end."""
    engine = make_engine(url)
    with engine.connect() as connection:
        config = alembic_config(url)
        config.attributes["connection"] = connection
        yield config, connection
        connection.commit()
    engine.dispose()


def upgrade(url: str, revision: str) -> None:
    with alembic(url) as (config, _):
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    with alembic(url) as (config, _):
        command.downgrade(config, revision)


def schema(url: str) -> dict[str, Any]:
    """Tables, columns, keys and triggers as the database tells them."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = sa.inspect(connection)
        told: dict[str, Any] = {
            table: (
                sorted((column["name"], str(column["type"])) for column in found.get_columns(table)),
                sorted(
                    (key["constrained_columns"], key["referred_table"], str(key.get("options")))
                    for key in found.get_foreign_keys(table)
                ),
                sorted(str(index["name"]) for index in found.get_indexes(table)),
            )
            for table in found.get_table_names()
        }
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if not url.startswith("sqlite"):
            query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        told["triggers"] = sorted(connection.scalars(sa.text(query)))
    engine.dispose()
    return told


def write_at_first_revision(url: str) -> None:
    """One published episode, by the columns that the first revision has, whatever the models have now."""
    engine = make_engine(url)
    tables = sa.MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        is_sqlite = connection.dialect.name == "sqlite"
        when = WHEN.replace(tzinfo=None) if is_sqlite else WHEN
        names = ("community", "show", "episode", "recording", "enclosure", "transcript")
        new = [uuid.uuid4() for _ in names] + [GUID]
        as_stored = [value.hex if is_sqlite else value for value in new]
        community, show, episode, recording, enclosure, transcript, guid = as_stored

        def add(table: str, **values: Any) -> None:
            connection.execute(sa.insert(tables.tables[table]).values(**values))

        add("communities", id=community, slug="safety", name="Safety", summary="", domain="", community="",
            practice="", learning_agenda="", links=[], contact_email="", is_demo=False,
            created_at=when)  # fmt: skip
        add("shows", id=show, community_id=community, slug="rounds", title="Rounds", description="On wards.",
            language="en-gb", category="Health & Fitness", subcategory="Medicine", explicit=False, author="",
            owner_email="", copyright="", order="episodic", locked=True, verify_text="", artwork_alt="",
            requires_checked=False, accurate=False, spoken_language="", producers_publish=True, revision=7,
            changed_at=when, created_at=when)  # fmt: skip
        add("episodes", id=episode, show_id=show, guid=guid, slug="one", kind="episode", state="draft",
            wish="none", title="One", summary="", notes="", content_note="", episode_type="full",
            explicit=False, created_at=when, changed_at=when)  # fmt: skip
        add("recordings", id=recording, episode_id=episode, file_name="a.wav", key="recordings/a/source",
            size_bytes=3_000_000_000, state="ready", step="index", progress=1.0, reason="", attempt=1,
            agreement_version="1", agreed_at=when, created_at=when)  # fmt: skip
        add("enclosures", id=enclosure, recording_id=recording, episode_id=episode, key="enclosures/a/b.mp3",
            size_bytes=3_000_000_000, sha256="a" * 64, duration_ms=60_000, channels=1, bit_rate_bps=96_000,
            loudness_lufs=-19.0, true_peak_dbtp=-1.5, gain_db=0.0, note="", tags_digest="", tagged_at=when,
            waveform=[1, 2], created_at=when)  # fmt: skip
        add("transcripts", id=transcript, episode_id=episode, recording_id=recording, language="en",
            language_confidence=1.0, engine="Whisper base", duration_ms=60_000, revision=1, created_at=when,
            changed_at=when)  # fmt: skip
        add("segments", transcript_id=transcript, number=0, start_ms=0, end_ms=900, text="Good morning.",
            machine_text="Good morning.", words=[[0, 400, "Good", 0.9]], revision=1)  # fmt: skip
        connection.execute(
            sa.update(tables.tables["episodes"]).values(
                state="published",
                published_at=when,
                recording_id=recording,
                enclosure_id=enclosure,
                transcript_id=transcript,
            )
        )
    engine.dispose()


def assert_it_is_all_there(url: str) -> None:
    database = Database(url)
    with database.reading() as session:
        episode = session.scalars(sa.select(Episode)).one()
        assert (episode.guid, episode.state) == (GUID, EpisodeState.published)
        assert (episode.show.revision, episode.published_at) == (7, WHEN)
        assert episode.enclosure is not None
        assert (episode.enclosure.size_bytes, episode.enclosure.waveform) == (3_000_000_000, [1, 2])
        assert episode.transcript is not None
        assert [row.words for row in episode.transcript.segments] == [[[0, 400, "Good", 0.9]]]
    database.dispose()


def test_models_equal_migrations(empty_database: str) -> None:
    migrate(empty_database)

    with alembic(empty_database) as (config, _):
        command.check(config)  # raises where autogenerate would write anything


def test_migrating_twice_changes_nothing(empty_database: str) -> None:
    migrate(empty_database)
    once = schema(empty_database)
    migrate(empty_database)

    assert schema(empty_database) == once


def test_data_of_the_first_revision_outlives_every_migration(empty_database: str) -> None:
    upgrade(empty_database, "0001")
    write_at_first_revision(empty_database)

    migrate(empty_database)
    assert_it_is_all_there(empty_database)

    downgrade(empty_database, "0001")
    migrate(empty_database)
    assert_it_is_all_there(empty_database)


def test_down_to_nothing_leaves_nothing_and_up_again_gives_the_same(empty_database: str) -> None:
    migrate(empty_database)
    first = schema(empty_database)
    downgrade(empty_database, "base")

    assert set(schema(empty_database)) == {"alembic_version", "triggers"}

    migrate(empty_database)
    assert schema(empty_database) == first


def test_every_foreign_key_of_the_models_is_in_the_database(empty_database: str) -> None:
    migrate(empty_database)
    engine = make_engine(empty_database)
    with engine.connect() as connection:
        told = sa.inspect(connection)
        kept = {
            (table, key["constrained_columns"][0], key["referred_table"], key["options"].get("ondelete"))
            for table in Base.metadata.tables
            for key in told.get_foreign_keys(table)
        }
    engine.dispose()
    meant = {
        (table.name, element.parent.name, element.column.table.name, element.ondelete)
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        for element in key.elements
    }

    assert kept == meant
    assert {("episodes", "enclosure_id", "enclosures", None)} < meant


def test_an_episode_cannot_point_at_what_is_not_there(empty_database: str) -> None:
    upgrade(empty_database, "0001")
    write_at_first_revision(empty_database)
    migrate(empty_database)
    engine = make_engine(empty_database)

    for column in ("recording_id", "enclosure_id", "transcript_id"):
        change = sa.text(f"UPDATE episodes SET {column} = :no")
        with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
            connection.execute(change, {"no": uuid.uuid4().hex})
    engine.dispose()


def test_two_processes_may_migrate_at_once(empty_database: str) -> None:
    command_line = [sys.executable, "-c", "import sys; from app.migrate import migrate; migrate(sys.argv[1])"]
    both = [
        subprocess.Popen([*command_line, empty_database], stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in both]

    assert ended == [("", 0), ("", 0)]
    with alembic(empty_database) as (config, _):
        command.check(config)


def test_a_table_in_use_is_not_waited_for_at_the_head_of_a_queue(postgres: PostgresServer) -> None:
    url = postgres.database(uuid.uuid4().hex)
    upgrade(url, "0001")
    engine = make_engine(url)
    quick = Patience(lock_ms=20, pause_s=0.01, tries=3)
    with engine.connect() as reading:
        reading.execute(sa.text("LOCK TABLE communities IN ACCESS SHARE MODE"))  # as any reader has it
        reading.execute(sa.text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseBusy):
            migrate(url, quick)
        with engine.connect() as other:
            assert other.scalar(sa.text("SELECT count(*) FROM communities")) == 0  # nobody stands in its way
    migrate(url, quick)
    with engine.connect() as connection:
        newest = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == newest
    engine.dispose()
