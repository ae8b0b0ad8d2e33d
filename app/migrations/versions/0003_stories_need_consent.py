"""The database itself refuses a published story without consent or without a checked transcript."""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: A story may be published when it names a storyteller, each has a consent that stands, and its
#: transcript is checked. NEW is the row as it would be.
UNFIT = """
    NEW.kind = 'story' AND NEW.state = 'published' AND (
        NOT EXISTS (
            SELECT 1 FROM credits WHERE credits.episode_id = NEW.id AND credits.role = 'storyteller'
        )
        OR EXISTS (
            SELECT 1 FROM credits WHERE credits.episode_id = NEW.id AND credits.role = 'storyteller'
            AND NOT EXISTS (
                SELECT 1 FROM consents WHERE consents.episode_id = NEW.id
                AND consents.person_id = credits.person_id AND consents.withdrawn_at IS NULL
            )
        )
        OR NOT EXISTS (
            SELECT 1 FROM transcripts
            WHERE transcripts.id = NEW.transcript_id AND transcripts.checked_at IS NOT NULL
        )
    )
"""
REASON = "a story needs consent and a checked transcript"


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        for when in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER story_needs_consent_{when.lower()} BEFORE {when} ON episodes "
                f"WHEN {UNFIT} BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION story_needs_consent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {UNFIT} THEN RAISE EXCEPTION '{REASON}' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER story_needs_consent BEFORE INSERT OR UPDATE ON episodes "
        "FOR EACH ROW EXECUTE FUNCTION story_needs_consent()"
    )


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        for when in ("insert", "update"):
            op.execute(f"DROP TRIGGER story_needs_consent_{when}")
        return
    op.execute("DROP TRIGGER story_needs_consent ON episodes")
    op.execute("DROP FUNCTION story_needs_consent()")
