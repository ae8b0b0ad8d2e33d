"""The database itself takes back a published story that loses what it stands on.

Taking back never waits for anybody (product, consent): whoever ends or removes a consent, a storyteller
or the check of the transcript, in whatever way, also takes the story back, in the same transaction, and
the show's feed follows. Refusing the removal instead would let the story stay.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PUBLISHED_STORY = "episodes.kind = 'story' AND episodes.state = 'published'"
#: As in 0003, for a row of episodes as it is.
UNFIT = """(
    NOT EXISTS (
        SELECT 1 FROM credits WHERE credits.episode_id = episodes.id AND credits.role = 'storyteller'
    )
    OR EXISTS (
        SELECT 1 FROM credits WHERE credits.episode_id = episodes.id AND credits.role = 'storyteller'
        AND NOT EXISTS (
            SELECT 1 FROM consents WHERE consents.episode_id = episodes.id
            AND consents.person_id = credits.person_id AND consents.withdrawn_at IS NULL
        )
    )
    OR NOT EXISTS (
        SELECT 1 FROM transcripts
        WHERE transcripts.id = episodes.transcript_id AND transcripts.checked_at IS NOT NULL
    )
)"""
#: (table, when, which episode): after a change the story is looked at; a transcript that goes takes its
#: story along before the row is gone, since the reference to it is emptied with it.
CHANGES = (
    ("consents", "UPDATE", "episodes.id = OLD.episode_id"),
    ("consents", "DELETE", "episodes.id = OLD.episode_id"),
    ("credits", "INSERT", "episodes.id = NEW.episode_id"),
    ("credits", "UPDATE", "episodes.id IN (OLD.episode_id, NEW.episode_id)"),
    ("credits", "DELETE", "episodes.id = OLD.episode_id"),
    ("transcripts", "UPDATE", "episodes.transcript_id = OLD.id"),
    ("transcripts", "DELETE", "episodes.transcript_id = OLD.id"),
)


def upgrade() -> None:
    """Apply."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, change, which in CHANGES:
        name, when = _name(table, change), "AFTER"
        lost = f"{which} AND {PUBLISHED_STORY} AND {UNFIT}"
        if (table, change) == ("transcripts", "DELETE"):
            when, lost = "BEFORE", f"{which} AND {PUBLISHED_STORY}"
        if is_sqlite:
            op.execute(f"CREATE TRIGGER {name} {when} {change} ON {table} BEGIN {_take_back(lost, True)} END")
            continue
        # the lock lets a publication that is under way finish first, so that neither misses the other
        returned = "NEW" if change != "DELETE" else "OLD"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"PERFORM 1 FROM episodes WHERE {which} FOR NO KEY UPDATE; "
            f"{_take_back(lost, False)} RETURN {returned}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} {when} {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _name(table: str, change: str) -> str:
    return f"story_stands_on_{table}_{change.lower()}"


def _take_back(lost: str, is_sqlite: bool) -> str:
    now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if is_sqlite else "clock_timestamp()"
    feed_follows = (
        f"UPDATE shows SET revision = revision + 1, changed_at = {now} "  # noqa: S608  (nothing from outside)
        f"WHERE id IN (SELECT show_id FROM episodes WHERE {lost});"
    )
    taken_back = (
        f"UPDATE episodes SET state = 'unpublished', wish = 'none', changed_at = {now} "  # noqa: S608
        f"WHERE {lost};"
    )
    return f"{feed_follows} {taken_back}"


def downgrade() -> None:
    """Take back."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, change, _ in CHANGES:
        name = _name(table, change)
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
        if not is_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
