"""A withdrawn consent counts whatever the episode is called, and a story with consents stays a story.

0003 and 0004 asked about consent only where kind is 'story': changing the kind of a published story
switched every rule off. Now an episode of which somebody who had agreed no longer does is never public,
and a story that has records of consent cannot become an episode.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

REASON = "a story needs consent and a checked transcript"
STAYS = "a story with records of consent stays a story"


def _nobody_withdrew(row: str) -> str:
    """True where every person who agreed once has a consent that stands."""
    return f"""NOT EXISTS (
        SELECT 1 FROM consents gone WHERE gone.episode_id = {row}.id AND gone.withdrawn_at IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM consents WHERE consents.episode_id = {row}.id
            AND consents.person_id = gone.person_id AND consents.withdrawn_at IS NULL
        )
    )"""  # noqa: S608  (nothing from outside)


def _story_is_whole(row: str) -> str:
    """True where a storyteller is named, each has agreed, and the transcript is checked."""
    return f"""(
        EXISTS (SELECT 1 FROM credits WHERE credits.episode_id = {row}.id AND credits.role = 'storyteller')
        AND NOT EXISTS (
            SELECT 1 FROM credits WHERE credits.episode_id = {row}.id AND credits.role = 'storyteller'
            AND NOT EXISTS (
                SELECT 1 FROM consents WHERE consents.episode_id = {row}.id
                AND consents.person_id = credits.person_id AND consents.withdrawn_at IS NULL
            )
        )
        AND EXISTS (
            SELECT 1 FROM transcripts
            WHERE transcripts.id = {row}.transcript_id AND transcripts.checked_at IS NOT NULL
        )
    )"""  # noqa: S608  (nothing from outside)


def _unfit(row: str, *, since_0005: bool) -> str:
    story = f"{row}.kind = 'story' AND NOT {_story_is_whole(row)}"
    lost = f"({story}) OR NOT {_nobody_withdrew(row)}" if since_0005 else story
    return f"{row}.state = 'published' AND ({lost})"


#: (table, when, which episode), as in 0004; a transcript that goes takes its story along before the row
#: is gone, since the reference to it is emptied with it.
CHANGES = (
    ("consents", "INSERT", "episodes.id = NEW.episode_id"),
    ("consents", "UPDATE", "episodes.id IN (OLD.episode_id, NEW.episode_id)"),
    ("consents", "DELETE", "episodes.id = OLD.episode_id"),
    ("credits", "INSERT", "episodes.id = NEW.episode_id"),
    ("credits", "UPDATE", "episodes.id IN (OLD.episode_id, NEW.episode_id)"),
    ("credits", "DELETE", "episodes.id = OLD.episode_id"),
    ("transcripts", "UPDATE", "episodes.transcript_id = OLD.id"),
    ("transcripts", "DELETE", "episodes.transcript_id = OLD.id"),
)
NEW_IN_0005 = {("consents", "INSERT")}


def upgrade() -> None:
    """Apply."""
    _drop(since_0005=False)
    _create(since_0005=True)
    becomes = (
        "OLD.kind = 'story' AND NEW.kind != 'story' "
        "AND EXISTS (SELECT 1 FROM consents WHERE consents.episode_id = NEW.id)"
    )
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER story_stays_story BEFORE UPDATE OF kind ON episodes WHEN {becomes} "
            f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION story_stays_story() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {becomes} THEN RAISE EXCEPTION '{STAYS}' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER story_stays_story BEFORE UPDATE OF kind ON episodes "
        "FOR EACH ROW EXECUTE FUNCTION story_stays_story()"
    )


def downgrade() -> None:
    """Take back."""
    if _is_sqlite():
        op.execute("DROP TRIGGER story_stays_story")
    else:
        op.execute("DROP TRIGGER story_stays_story ON episodes")
        op.execute("DROP FUNCTION story_stays_story()")
    _drop(since_0005=True)
    _create(since_0005=False)


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _changes(*, since_0005: bool) -> list[tuple[str, str, str]]:
    return [change for change in CHANGES if since_0005 or change[:2] not in NEW_IN_0005]


def _drop(*, since_0005: bool) -> None:
    if _is_sqlite():
        for when in ("insert", "update"):
            op.execute(f"DROP TRIGGER story_needs_consent_{when}")
    else:
        op.execute("DROP TRIGGER story_needs_consent ON episodes")
        op.execute("DROP FUNCTION story_needs_consent()")
    for table, change, _ in _changes(since_0005=since_0005):
        name = _name(table, change)
        op.execute(f"DROP TRIGGER {name}" if _is_sqlite() else f"DROP TRIGGER {name} ON {table}")
        if not _is_sqlite():
            op.execute(f"DROP FUNCTION {name}()")


def _create(*, since_0005: bool) -> None:
    unfit = _unfit("NEW", since_0005=since_0005)
    if _is_sqlite():
        for when in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER story_needs_consent_{when.lower()} BEFORE {when} ON episodes "
                f"WHEN {unfit} BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION story_needs_consent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {unfit} THEN RAISE EXCEPTION '{REASON}' USING ERRCODE = 'check_violation'; END IF; "
            "RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER story_needs_consent BEFORE INSERT OR UPDATE ON episodes "
            "FOR EACH ROW EXECUTE FUNCTION story_needs_consent()"
        )
    for table, change, which in _changes(since_0005=since_0005):
        _take_back_after(table, change, which, since_0005=since_0005)


def _take_back_after(table: str, change: str, which: str, *, since_0005: bool) -> None:
    name, when = _name(table, change), "AFTER"
    lost = f"{which} AND {_unfit('episodes', since_0005=since_0005)}"
    if (table, change) == ("transcripts", "DELETE"):
        when, lost = "BEFORE", f"{which} AND episodes.kind = 'story' AND episodes.state = 'published'"
    if _is_sqlite():
        op.execute(f"CREATE TRIGGER {name} {when} {change} ON {table} BEGIN {_take_back(lost)} END")
        return
    # the lock lets a publication that is under way finish first, so that neither misses the other
    returned = "NEW" if change != "DELETE" else "OLD"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM 1 FROM episodes WHERE {which} FOR NO KEY UPDATE; "
        f"{_take_back(lost)} RETURN {returned}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {when} {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _name(table: str, change: str) -> str:
    return f"story_stands_on_{table}_{change.lower()}"


def _take_back(lost: str) -> str:
    now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if _is_sqlite() else "clock_timestamp()"
    feed_follows = (
        f"UPDATE shows SET revision = revision + 1, changed_at = {now} "  # noqa: S608
        f"WHERE id IN (SELECT show_id FROM episodes WHERE {lost});"
    )
    taken_back = (
        f"UPDATE episodes SET state = 'unpublished', wish = 'none', changed_at = {now} "  # noqa: S608
        f"WHERE {lost};"
    )
    return f"{feed_follows} {taken_back}"
